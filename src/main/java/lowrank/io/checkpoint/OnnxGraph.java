package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lowrank.blocks.DataException;

/**
 * Tensors and nodes of a model, those of graphs inside nodes (branches, loops) among them.
 *
 * @param tensors in the order of the file; branches may have tensors of the same name
 * @param nodes those that tell what a tensor is, in the order of the file
 */
record OnnxGraph(List<OnnxTensor> tensors, List<OnnxNode> nodes) {
    /** The largest models have some ten thousand; more would be an attack on the heap. */
    private static final int MOST_NODES = 200_000;
    /** Some ten of each node and tensor, and what stands between. */
    private static final long MOST_FIELDS = 20_000_000;
    /** Loops in branches in loops; each level is a level of Java's stack too. */
    private static final int MOST_DEPTH = 8;

    private static final Set<String> TELLING = Set.of(
            "MatMul",
            "FusedMatMul",
            "Gemm",
            "Conv",
            "Gather",
            "Identity",
            "Cast",
            "Transpose",
            "MatMulInteger",
            "MatMulIntegerToFloat",
            "DynamicQuantizeMatMul",
            "QLinearMatMul",
            "QGemm",
            "DequantizeLinear");

    static OnnxGraph read(FileBytes file, ExternalFiles beside) {
        ProtoFields model = ProtoFields.of(file, "model", 0, file.file().length(), MOST_FIELDS);
        Walk walk = new Walk(beside);
        boolean found = false;
        while (model.next()) {
            if (model.field() == 7) {
                if (found) {
                    throw model.corrupt("has more than one graph");
                }
                found = true;
                walk.graph(model.message("graph"), 0);
            }
        }
        if (!found) {
            throw model.corrupt("holds no graph, as an ONNX model does");
        }
        return new OnnxGraph(walk.tensors, walk.nodes);
    }

    private static final class Walk {
        private final ExternalFiles beside;
        private final List<OnnxTensor> tensors = new ArrayList<>();
        private final List<OnnxNode> nodes = new ArrayList<>();
        /** Of each name the graph that used it last. */
        private final Map<String, Integer> users = new HashMap<>();

        private int graphs;
        private int count;

        Walk(ExternalFiles beside) {
            this.beside = beside;
        }

        void graph(ProtoFields fields, int depth) {
            if (depth == MOST_DEPTH) {
                throw fields.corrupt("has graphs inside graphs, more than " + MOST_DEPTH + " deep");
            }
            int graph = graphs++;
            OnnxNode.Inside inside = new OnnxNode.Inside() {
                @Override
                public void tensor(ProtoFields tensor, String output) {
                    constant(OnnxTensor.read(tensor, output, beside), graph);
                }

                @Override
                public void graph(ProtoFields fields) {
                    Walk.this.graph(fields, depth + 1);
                }
            };
            while (fields.next()) {
                switch (fields.field()) {
                    case 1 -> node(fields.message("node"), inside);
                    case 5 -> add(OnnxTensor.read(fields.message("tensor"), null, beside), graph);
                    case 15 ->
                        throw new DataException(beside.model().path()
                                + " holds sparse tensors, which are not read; export the model with dense weights");
                    default -> {} // names and shapes of inputs, outputs and values between nodes
                }
            }
        }

        private void node(ProtoFields fields, OnnxNode.Inside inside) {
            if (++count > MOST_NODES) {
                throw fields.corrupt("has more than " + MOST_NODES + " nodes");
            }
            OnnxNode node = OnnxNode.read(fields, inside);
            if (TELLING.contains(node.operator())) {
                nodes.add(node);
            }
        }

        /** Some exporters write weights as constants. Most constants are shapes and axes. */
        private void constant(OnnxTensor tensor, int graph) {
            if (tensor != null && tensor.shape().size() > 1 && tensor.type().floating()) {
                add(tensor, graph);
            }
        }

        /** Branches of one node may each use a name for their own; the outermost graph, number 0, has its names to itself. */
        private void add(OnnxTensor tensor, int graph) {
            if (tensor == null) {
                return;
            }
            if (tensors.size() == Limits.TENSORS) {
                throw beside.model().corrupt("has more than " + Limits.TENSORS + " tensors", null);
            }
            Integer user = users.put(tensor.name(), graph);
            if (user != null && (user == graph || user == 0 || graph == 0)) {
                throw beside.model().corrupt("has more than one tensor " + tensor.name(), null);
            }
            tensors.add(tensor);
        }
    }
}
