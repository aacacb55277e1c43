package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.List;

/**
 * A node of an ONNX graph, as far as it tells what weights are: {@code output = operator(inputs)}.
 *
 * @param inputs the first of them
 * @param output the first one
 * @param permutation of axes, empty where the node has none
 * @param axis or null; it may be negative, counted from the end
 * @param blocked whether scales belong to blocks of rows
 */
record OnnxNode(
        String operator,
        String name,
        List<String> inputs,
        String output,
        List<Long> permutation,
        Long axis,
        boolean transposeFirst,
        boolean transposeSecond,
        boolean blocked) {
    private static final int MOST_OPERATOR = 256;
    /** What tells of weights has no more; operators of variable length, such as Concat, may have hundreds. */
    private static final int INPUTS = 9;

    /** Takes what lies inside a node: its constant, and graphs of its branches. */
    interface Inside {
        void tensor(ProtoFields tensor, String output);

        void graph(ProtoFields graph);
    }

    /** A node as far as it was read. */
    private static final class Parts {
        private final List<String> inputs = new ArrayList<>();
        private final List<Long> permutation = new ArrayList<>();
        private ProtoFields constant;
        private String operator = "";
        private String name = "";
        private String output = "";
        private Long axis;
        private boolean first;
        private boolean second;
        private boolean blocked;
    }

    /** Input {@code i}, or "" where it is left out. */
    String input(int i) {
        return i < inputs.size() ? inputs.get(i) : "";
    }

    static OnnxNode read(ProtoFields fields, Inside inside) {
        Parts parts = new Parts();
        while (fields.next()) {
            switch (fields.field()) {
                case 1 -> {
                    if (parts.inputs.size() < INPUTS) {
                        parts.inputs.add(fields.text("node's input", OnnxTensor.MOST_NAME));
                    }
                }
                case 2 -> {
                    String output = fields.text("node's output", OnnxTensor.MOST_NAME);
                    parts.output = parts.output.isEmpty() ? output : parts.output;
                }
                case 3 -> parts.name = fields.text("node's name", OnnxTensor.MOST_NAME);
                case 4 -> parts.operator = fields.text("operator", MOST_OPERATOR);
                case 5 -> attribute(parts, fields.message("attribute"), inside);
                default -> {} // documentation, the domain: operators of other domains have names of their own
            }
        }
        if (parts.constant != null && parts.operator.equals("Constant") && !parts.output.isEmpty()) {
            inside.tensor(parts.constant, parts.output);
        }
        return new OnnxNode(
                parts.operator,
                parts.name,
                List.copyOf(parts.inputs),
                parts.output,
                List.copyOf(parts.permutation),
                parts.axis,
                parts.first,
                parts.second,
                parts.blocked);
    }

    private static void attribute(Parts parts, ProtoFields fields, Inside inside) {
        String name = "";
        long number = 0;
        List<Long> numbers = new ArrayList<>();
        while (fields.next()) {
            switch (fields.field()) {
                case 1 -> name = fields.text("attribute's name", MOST_OPERATOR);
                case 3 -> number = fields.number("attribute's number");
                case 5 -> parts.constant = fields.message("constant");
                case 6, 11 -> inside.graph(fields.message("graph inside a node"));
                case 8 -> {
                    ProtoFields.Packed packed = fields.numbers("attribute's numbers");
                    while (packed.hasNext() && numbers.size() <= 8) {
                        numbers.add(packed.next());
                    }
                }
                default -> {}
            }
        }
        switch (name) {
            case "perm" -> parts.permutation.addAll(numbers);
            case "axis" -> parts.axis = number;
            case "transA" -> parts.first = number != 0;
            case "transB" -> parts.second = number != 0;
            case "block_size" -> parts.blocked = number != 0;
            default -> {}
        }
    }
}
