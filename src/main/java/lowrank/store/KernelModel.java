package lowrank.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import lowrank.blas.Precision;
import lowrank.blocks.Classes;
import lowrank.blocks.RowBlocks;
import lowrank.factor.Preparation;
import lowrank.factor.ZScore;
import lowrank.io.HadoopConf;
import lowrank.kernel.FeatureMap;
import lowrank.kernel.Features;
import lowrank.kernel.LengthScales;
import lowrank.kernel.Nystrom;
import lowrank.linalg.Matrix;
import lowrank.linalg.PseudoInverse;
import lowrank.regress.LinearModel;
import lowrank.regress.Variance;

/**
 * What a kernel job leaves for rows to come: how they are prepared, how they become features, and what is read off these.
 *
 * @param inputs what is done to rows first
 * @param map features of prepared rows
 * @param fit what was learnt, or null
 */
public record KernelModel(Inputs inputs, FeatureMap map, Fit fit) {
    /**
     * How rows are prepared.
     *
     * @param names of the columns
     * @param score z-scores, or null
     * @param clip the largest magnitude that stays; infinite for no limit
     * @param lengths what columns are divided by at last; empty for nothing
     * @param precision of the blocks
     */
    public record Inputs(List<String> names, ZScore score, double clip, double[] lengths, Precision precision) {
        /** Rows as the feature map takes them. */
        public RowBlocks of(RowBlocks rows) {
            RowBlocks prepared = new Preparation(score, clip, precision).of(rows);
            return lengths.length == 0 ? prepared : prepared.map(new LengthScales(lengths));
        }
    }

    /**
     * What was learnt.
     *
     * @param targets what each column of the coefficients tells: a target, or a class in words
     * @param classes of the label, or null for numbers
     * @param noise variance of what is not explained, per target
     * @param tried the bandwidths that this fit was chosen from; empty where there was no choice
     * @param variance of predictions, or null
     * @param draws what predictions are means over, or null for one fit
     */
    public record Fit(
            LinearModel linear,
            List<String> targets,
            Classes classes,
            double[] noise,
            List<Tried> tried,
            Variance variance,
            Draws draws) {}

    /** A bandwidth that was tried, and its score: lower is better. */
    public record Tried(double bandwidth, double score) {}

    /**
     * Fits whose predictions are averaged.
     *
     * @param lambdas of each
     * @param best the one that scores, path and training error are of
     */
    public record Draws(double[] lambdas, int best) {}

    /** Rows as features. */
    public RowBlocks features(RowBlocks rows) {
        return inputs.of(rows).map(new Features(map));
    }

    /** The part of the model that the manifest holds. */
    public JsonNode json(String mapName, List<Long> seeds) {
        ObjectNode json = new ObjectMapper().createObjectNode();
        ObjectNode kernel = json.putObject("kernel").put("name", map.kernel().name());
        // Sorted: the order of a map of parameters is not the same in two runs.
        new TreeMap<>(map.kernel().parameters()).forEach(kernel::put);
        ObjectNode features = json.putObject("features").put("map", mapName).put("inputs", map.inputs());
        ArrayNode sizes = features.putArray("sizes");
        map.draws().forEach(part -> sizes.add(part.size()));
        ArrayNode drawn = features.putArray("seeds");
        seeds.forEach(drawn::add);
        if (map.draws().get(0) instanceof Nystrom) {
            ArrayNode counts = features.putArray("landmarks");
            map.draws().forEach(part -> counts.add(((Nystrom) part).landmarks().rows()));
        }
        json.put("precision", inputs.precision().name());
        if (inputs.clip() < Double.POSITIVE_INFINITY) {
            json.put("clip", inputs.clip());
        }
        if (fit != null) {
            ObjectNode learnt = json.putObject("fit").put("lambda", fit.linear().lambda());
            ArrayNode noise = learnt.putArray("noise");
            Arrays.stream(fit.noise()).forEach(noise::add);
            if (fit.variance() != null) {
                learnt.putObject(ModelTables.VARIANCE)
                        .put("constant", fit.variance().constant())
                        .put("mu", fit.variance().mu());
            }
            if (fit.draws() != null) {
                ObjectNode draws =
                        learnt.putObject("draws").put("best", fit.draws().best());
                ArrayNode lambdas = draws.putArray("lambdas");
                Arrays.stream(fit.draws().lambdas()).forEach(lambdas::add);
            }
            if (fit.tried().size() > 1) {
                ArrayNode tried = learnt.putArray("tried");
                fit.tried()
                        .forEach(one -> tried.addObject()
                                .put("bandwidth", one.bandwidth())
                                .put("score", one.score()));
            }
            if (fit.classes() == null) {
                ArrayNode targets = learnt.putArray("targets");
                fit.targets().forEach(targets::add);
            }
            if (fit.classes() != null) {
                ObjectNode classes = learnt.putObject("classes")
                        .put("type", fit.classes().type().name());
                ArrayNode numbers = classes.putArray("numbers");
                Arrays.stream(fit.classes().numbers()).forEach(numbers::add);
                ArrayNode texts = classes.putArray("texts");
                fit.classes().texts().forEach(texts::add);
            }
        }
        return json;
    }

    /**
     * Writes inputs/ and, where there are any, landmarks/, core/ and coefficients/.
     *
     * @param landmarkRows positions of landmarks in the input, or null
     */
    public Map<String, Manifest.Factor> write(OutputFolder out, long[] landmarkRows, String codec) {
        Map<String, Manifest.Factor> factors = new LinkedHashMap<>();
        int d = inputs.names().size();
        double[] ones = new double[d];
        Arrays.fill(ones, 1);
        factors.put(
                ModelTables.INPUTS,
                ModelTables.writeInputs(
                        out,
                        new ModelTables.Inputs(
                                inputs.names(),
                                inputs.score() == null
                                        ? new double[d]
                                        : inputs.score().mean(),
                                inputs.score() == null ? ones : inputs.score().scale(),
                                inputs.lengths().length == 0 ? ones : inputs.lengths()),
                        codec));
        if (map.draws().get(0) instanceof Nystrom) {
            List<Nystrom> all = map.draws().stream().map(Nystrom.class::cast).toList();
            Matrix points = stacked(all.stream().map(Nystrom::landmarks).toList());
            Matrix cores =
                    stacked(all.stream().map(part -> part.core().whitening()).toList());
            factors.put(
                    ModelTables.LANDMARKS,
                    ModelTables.writeLandmarks(out, new ModelTables.Landmarks(landmarkRows, points), codec));
            factors.put(ModelTables.CORE, ModelTables.writeCore(out, cores, codec));
        }
        if (fit != null && fit.variance() != null) {
            factors.put(
                    ModelTables.VARIANCE,
                    ModelTables.writeVariance(
                            out,
                            fit.variance().root().transpose(),
                            fit.variance().shift(),
                            codec));
        }
        if (fit != null) {
            factors.put(
                    ModelTables.COEFFICIENTS,
                    ModelTables.writeCoefficients(
                            out,
                            new ModelTables.Coefficients(
                                    fit.targets(),
                                    fit.linear().intercepts(),
                                    fit.linear().coefficients().transpose()),
                            codec));
        }
        return factors;
    }

    /** Matrices one below the other; narrower ones end in zeros. */
    private static Matrix stacked(List<Matrix> parts) {
        if (parts.size() == 1) {
            return parts.get(0);
        }
        int rows = parts.stream().mapToInt(Matrix::rows).sum();
        int cols = parts.stream().mapToInt(Matrix::cols).max().orElse(0);
        Matrix all = Matrix.zeros(rows, cols);
        int from = 0;
        for (Matrix part : parts) {
            for (int j = 0; j < part.cols(); j++) {
                for (int i = 0; i < part.rows(); i++) {
                    all.set(from + i, j, part.get(i, j));
                }
            }
            from += part.rows();
        }
        return all;
    }

    private static Matrix block(Matrix all, int from, int rows, int cols) {
        Matrix block = Matrix.zeros(rows, cols);
        for (int j = 0; j < cols; j++) {
            for (int i = 0; i < rows; i++) {
                block.set(i, j, all.get(from + i, j));
            }
        }
        return block;
    }

    /**
     * Reads a model back.
     *
     * @throws lowrank.io.CorruptFileException when its tables are not what the manifest was written for
     */
    public static KernelModel read(HadoopConf conf, OutputFolder.Result result) {
        ModelShape shape = ModelShape.of(result.manifest());
        Inputs inputs = readInputs(conf, result);
        FeatureMap map = map(conf, result, shape);
        return new KernelModel(inputs, map, shape.fit() == null ? null : fit(conf, result, shape.fit()));
    }

    /**
     * Reads how rows are prepared, alone.
     *
     * @throws lowrank.io.CorruptFileException when the table is not what the manifest was written for
     */
    public static Inputs readInputs(HadoopConf conf, OutputFolder.Result result) {
        ModelShape shape = ModelShape.of(result.manifest());
        ModelTables.Inputs table = ModelTables.readInputs(conf, result);
        boolean scored = result.manifest().spec().at("/read/scale").asText().equals("standard");
        boolean scaled = Arrays.stream(table.lengths()).anyMatch(length -> length != 1);
        return new Inputs(
                table.names(),
                scored ? new ZScore(table.mean(), table.scale()) : null,
                shape.clip(),
                scaled ? table.lengths() : new double[0],
                shape.precision());
    }

    private static FeatureMap map(HadoopConf conf, OutputFolder.Result result, ModelShape shape) {
        boolean nystrom = shape.map().equals(ModelShape.NYSTROM);
        Matrix landmarks = nystrom ? ModelTables.readLandmarks(conf, result).points() : null;
        Matrix core = nystrom ? ModelTables.readCore(conf, result) : null;
        List<FeatureMap> maps = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < shape.sizes().size(); i++) {
            if (landmarks == null) {
                maps.add(shape.random(i));
            } else {
                int count = shape.landmarks().get(i);
                maps.add(new Nystrom(
                        shape.kernel(),
                        block(landmarks, from, count, landmarks.cols()),
                        PseudoInverse.ofWhitening(
                                block(core, from, count, shape.sizes().get(i)))));
                from += count;
            }
        }
        return ModelShape.together(maps);
    }

    private static Fit fit(HadoopConf conf, OutputFolder.Result result, ModelShape.Fit shape) {
        JsonNode json = result.manifest().model().get("fit");
        ModelTables.Coefficients table = ModelTables.readCoefficients(conf, result);
        LinearModel linear =
                new LinearModel(json.get("lambda").asDouble(), table.values().transpose(), table.offsets());
        double[] noise = numbers(json.get("noise"));
        Variance variance = shape.variance() ? variance(conf, result, json.get(ModelTables.VARIANCE), noise) : null;
        Draws draws = json.has("draws")
                ? new Draws(
                        numbers(json.at("/draws/lambdas")),
                        json.at("/draws/best").asInt())
                : null;
        return new Fit(linear, table.targets(), shape.classes(), noise, List.of(), variance, draws);
    }

    private static double[] numbers(JsonNode array) {
        double[] numbers = new double[array.size()];
        Arrays.setAll(numbers, i -> array.get(i).asDouble());
        return numbers;
    }

    private static Variance variance(HadoopConf conf, OutputFolder.Result result, JsonNode json, double[] noise) {
        ModelTables.RootTable table = ModelTables.readVariance(conf, result);
        return new Variance(
                table.root().transpose(),
                table.shift(),
                json.get("constant").asDouble(),
                noise,
                json.get("mu").asDouble());
    }
}
