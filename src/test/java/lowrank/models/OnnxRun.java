package lowrank.models;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An ONNX model run by ONNX Runtime, on one thread: the independent reader of models that are read or written here. */
public final class OnnxRun implements AutoCloseable {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    /** Loads a model with the files beside it. */
    public OnnxRun(Path model) {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(model.toString(), options);
        } catch (OrtException e) {
            throw new IllegalStateException(model + " is not run", e);
        }
    }

    /** What an encoder makes of a sentence: last_hidden_state, a row for each token. */
    public float[][] lastHiddenState(long[] ids) {
        return values(ids, List.of("last_hidden_state")).get("last_hidden_state");
    }

    /** Outputs of an encoder for a sentence, a row for each token. */
    public Map<String, float[][]> values(long[] ids, List<String> outputs) {
        Map<String, long[]> known = new HashMap<>();
        known.put("input_ids", ids);
        known.put("token_type_ids", new long[ids.length]);
        long[] ones = new long[ids.length];
        Arrays.fill(ones, 1);
        known.put("attention_mask", ones);
        Map<String, OnnxTensor> inputs = new HashMap<>();
        try {
            for (String name : session.getInputNames()) {
                LongBuffer values = LongBuffer.wrap(known.get(name));
                inputs.put(name, OnnxTensor.createTensor(environment, values, new long[] {1, ids.length}));
            }
            try (OrtSession.Result result = session.run(inputs, Set.copyOf(outputs))) {
                Map<String, float[][]> found = new HashMap<>();
                for (String output : outputs) {
                    found.put(
                            output,
                            ((float[][][]) result.get(output).orElseThrow().getValue())[0]);
                }
                return found;
            }
        } catch (OrtException e) {
            throw new IllegalStateException("the model is not run", e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    /** The matrix {@code y} that a graph makes of a matrix {@code x}. */
    public float[][] matrix(float[][] x) {
        try (OnnxTensor input = OnnxTensor.createTensor(environment, x);
                OrtSession.Result result = session.run(Map.of("x", input))) {
            return (float[][]) result.get("y").orElseThrow().getValue();
        } catch (OrtException e) {
            throw new IllegalStateException("the graph is not run", e);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
