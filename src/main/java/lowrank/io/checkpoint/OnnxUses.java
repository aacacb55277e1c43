package lowrank.io.checkpoint;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lowrank.blocks.DataException;
import lowrank.io.checkpoint.StoredTensor.Role;

/** What the nodes of a graph do with its tensors: which are multiplied with, and which way round. */
final class OnnxUses {
    /** Identity, Cast, Transpose between a weight and its product; a longer chain is no exporter's. */
    private static final int MOST_STEPS = 8;

    private final Map<String, OnnxTensor> tensors = new HashMap<>();
    private final Map<String, OnnxNode> producers = new HashMap<>();
    private final Map<String, Use> uses = new HashMap<>();
    private final Map<String, Scaled> scales = new HashMap<>();

    /** The first node that a tensor goes into as a weight. */
    record Use(OnnxNode node, Role role) {}

    /** How whole numbers become weights. */
    record Scaled(OnnxTensor scale, OnnxTensor zeroPoint, int axis) {}

    /** A tensor behind a value of the graph. */
    private record Operand(OnnxTensor tensor, boolean transposed) {}

    OnnxUses(OnnxGraph graph) {
        for (OnnxTensor tensor : graph.tensors()) {
            tensors.putIfAbsent(tensor.name(), tensor);
        }
        for (OnnxNode node : graph.nodes()) {
            producers.putIfAbsent(node.output(), node);
        }
        for (OnnxNode node : graph.nodes()) {
            visit(node);
        }
        for (OnnxTensor tensor : graph.tensors()) {
            byName(tensor);
        }
    }

    /** Null for a tensor that no node takes as a weight. */
    Use use(OnnxTensor tensor) {
        return tensors.get(tensor.name()) == tensor ? uses.get(tensor.name()) : null;
    }

    /** Null for a tensor whose numbers are not scaled. */
    Scaled scaled(OnnxTensor tensor) {
        return tensors.get(tensor.name()) == tensor ? scales.get(tensor.name()) : null;
    }

    private void visit(OnnxNode node) {
        switch (node.operator()) {
            case "MatMul", "FusedMatMul", "Gemm" -> product(node, 0, 1);
            case "Conv" -> use(node, operand(node.input(1), 0), Role.UNKNOWN);
            case "Gather" -> {
                if (node.axis() == null || node.axis() == 0) {
                    use(node, operand(node.input(0), 0), Role.EMBEDDING);
                }
            }
            case "MatMulInteger" -> {
                product(node, 0, 1);
                String name = node.input(1);
                scale(operand(name, 0), stem(name) + "_scale", node.input(3), null);
            }
            case "MatMulIntegerToFloat" -> {
                product(node, 0, 1);
                scale(operand(node.input(1), 0), node.input(3), node.input(5), null);
            }
            case "DynamicQuantizeMatMul" -> {
                product(node, 0, 1);
                scale(operand(node.input(1), 0), node.input(2), node.input(3), null);
            }
            case "QLinearMatMul", "QGemm" -> {
                product(node, 0, 3);
                scale(operand(node.input(3), 0), node.input(4), node.input(5), null);
            }
            case "DequantizeLinear" -> dequantised(node);
            default -> {} // on the way between a weight and its use
        }
    }

    /** y = x W has its weight second, y = W x first. */
    private void product(OnnxNode node, int first, int second) {
        Operand weight = operand(node.input(second), 0);
        if (weight != null) {
            use(node, weight, node.transposeSecond() != weight.transposed() ? Role.OUT_IN : Role.IN_OUT);
            return;
        }
        weight = operand(node.input(first), 0);
        if (weight != null) {
            use(node, weight, node.transposeFirst() != weight.transposed() ? Role.IN_OUT : Role.OUT_IN);
        }
    }

    private void use(OnnxNode node, Operand operand, Role role) {
        if (operand == null || operand.tensor().shape().size() < 2) {
            return;
        }
        boolean matrix = operand.tensor().shape().size() == 2;
        uses.putIfAbsent(operand.tensor().name(), new Use(node, matrix ? role : Role.UNKNOWN));
    }

    /** The tensor that a value is, be it transposed or scaled on the way; null if it is computed from inputs. */
    private Operand operand(String value, int step) {
        OnnxTensor tensor = tensors.get(value);
        if (tensor != null) {
            return new Operand(tensor, false);
        }
        OnnxNode producer = value.isEmpty() || step == MOST_STEPS ? null : producers.get(value);
        if (producer == null) {
            return null;
        }
        return switch (producer.operator()) {
            case "Identity", "Cast", "DequantizeLinear" -> operand(producer.input(0), step + 1);
            case "Transpose" -> transposed(operand(producer.input(0), step + 1), producer.permutation());
            default -> null;
        };
    }

    private static Operand transposed(Operand operand, List<Long> permutation) {
        if (operand == null || operand.tensor().shape().size() != 2) {
            return null;
        }
        boolean swaps = permutation.isEmpty() || permutation.equals(List.of(1L, 0L));
        return new Operand(operand.tensor(), operand.transposed() != swaps);
    }

    /** Scales the tensor itself, or rows gathered from it where one scale serves all. */
    private void dequantised(OnnxNode node) {
        Operand operand = operand(node.input(0), 0);
        OnnxNode gather = operand == null ? producers.get(node.input(0)) : null;
        long axis = node.axis() == null ? 1 : node.axis();
        if (gather != null && gather.operator().equals("Gather")) {
            operand = operand(gather.input(0), 0);
            OnnxTensor scale = tensors.get(node.input(1));
            if (scale == null || scale.count() != 1) {
                return;
            }
        }
        if (operand != null && node.blocked()) {
            throw new DataException(operand.tensor().file().path() + ": tensor "
                    + operand.tensor().name()
                    + " has scales for blocks, which are not read; export the model with float32 or float16 weights");
        }
        scale(operand, node.input(1), node.input(2), axis);
    }

    /** As {@code quantize_dynamic} names them; one scale for all needs no axis. */
    private void byName(OnnxTensor tensor) {
        OnnxTensor scale = tensors.get(stem(tensor.name()) + "_scale");
        if (tensor.name().endsWith("_quantized") && scale != null && scale.count() == 1) {
            scale(new Operand(tensor, false), scale.name(), stem(tensor.name()) + "_zero_point", null);
        }
    }

    static String stem(String name) {
        return name.endsWith("_quantized") ? name.substring(0, name.length() - "_quantized".length()) : name;
    }

    /**
     * Notes the scale of a tensor, unless one is known.
     *
     * @param axis of the value that scales belong to; null for the last one, the columns of a product
     */
    private void scale(Operand operand, String scaleName, String zeroName, Long axis) {
        OnnxTensor scale = tensors.get(scaleName);
        if (operand == null
                || scale == null
                || !scale.type().floating()
                || operand.tensor().type().floating()) {
            return;
        }
        OnnxTensor tensor = operand.tensor();
        int rank = tensor.shape().size();
        long along = axis == null ? rank - 1 : axis < 0 ? axis + rank : axis;
        if (operand.transposed()) {
            along = 1 - along;
        }
        boolean one = scale.count() == 1;
        if (!one && (along < 0 || along >= rank || tensor.shape().get((int) along) != scale.count())) {
            throw misfit(tensor, scale);
        }
        OnnxTensor zero = tensors.get(zeroName);
        if (zero == null && !zeroName.isEmpty() && producers.containsKey(zeroName)) {
            return; // computed by the graph: not known here
        }
        if (zero != null && (zero.count() != scale.count() || zero.type().floating())) {
            throw misfit(tensor, zero);
        }
        scales.putIfAbsent(tensor.name(), new Scaled(scale, zero, one ? 0 : (int) along));
    }

    private static DataException misfit(OnnxTensor tensor, OnnxTensor scale) {
        return new DataException(tensor.file().path() + ": " + scale.name() + " does not fit tensor " + tensor.name()
                + ", whose numbers it scales: quantise the model again, or export it with float32 weights");
    }
}
