package lowrank.blocks;

import java.util.ArrayList;
import java.util.List;

/**
 * Nodes of the tree while it is built from left to right, as a binary counter does: equal levels merge, the left one first. What is
 * held are the nodes that make up the number of leaves so far in binary, the largest first.
 */
final class NodeStack<N> {
    /** The sum of 2^level leaves (fewer at the end of the table). */
    private record Node<N>(int level, N value) {}

    private final Fold<N> fold;
    private final List<Node<N>> nodes = new ArrayList<>();

    NodeStack(Fold<N> fold) {
        this.fold = fold;
    }

    /** Adds the next leaf. */
    void push(N leaf) {
        Node<N> node = new Node<>(0, leaf);
        while (!nodes.isEmpty() && nodes.get(nodes.size() - 1).level() == node.level()) {
            Node<N> left = nodes.remove(nodes.size() - 1);
            node = new Node<>(node.level() + 1, fold.merge(left.value(), node.value()));
        }
        nodes.add(node);
    }

    /** The root, at the end of the table: smaller nodes join their left neighbours, the last first. */
    N root() {
        N value = nodes.get(nodes.size() - 1).value();
        for (int i = nodes.size() - 2; i >= 0; i--) {
            value = fold.merge(nodes.get(i).value(), value);
        }
        return value;
    }

    /** What comes before the next leaf: the nodes joined to {@code before}, the largest first; null where there is nothing. */
    N prefix(N before) {
        N value = before;
        for (Node<N> node : nodes) {
            value = value == null ? node.value() : fold.merge(value, node.value());
        }
        return value;
    }
}
