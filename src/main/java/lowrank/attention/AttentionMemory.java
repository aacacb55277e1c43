package lowrank.attention;

import lowrank.blas.Precision;
import lowrank.blocks.Layout;
import lowrank.factor.GramSum;

/**
 * What passes over a head hold of memory off the heap, by shape alone: nothing of it grows with the rows of the head.
 *
 * @param width values of a query, d
 * @param valueWidth values of an output, dv
 */
public record AttentionMemory(AttentionSettings settings, int width, int valueWidth, Precision precision) {
    private long pair() {
        return (long) (width + valueWidth) * precision.bytes();
    }

    private int compared() {
        return Math.min(settings.sampled(), ScoreTile.QUERIES);
    }

    /** Of the read that surveys: rows of queries and of keys that are packed for their covariances. */
    public long survey(Layout layout) {
        long bytes = precision.bytes();
        boolean moments = settings.performs() && !settings.causal();
        return moments ? 2 * (layout.blockRows() * width * bytes + 8L * width * width) : 0;
    }

    /** Of the read that sums: exact outputs of sampled queries, and what the method sums. */
    public long sums() {
        long sampling =
                ScoreTile.bytes(precision) + settings.sampled() * pair() + RowProducts.bytes(compared(), precision);
        long features = settings.performs() && !settings.causal() ? keySums() : 0;
        long landmarks = settings.hasLandmarks() ? ScoreTile.bytes(precision) + settings.landmarks() * pair() : 0;
        return sampling + features + landmarks;
    }

    private long keySums() {
        return KeySums.bytes(settings.draws(), settings.balanced(), width, valueWidth, precision);
    }

    /** Of the pass that makes outputs by features or landmarks. */
    public long outputs(Layout layout) {
        if (settings.causal()) {
            return scanned(layout);
        }
        int keys = settings.performs() ? settings.draws().total() : settings.landmarks();
        int maps = settings.performs() ? settings.draws().repeats() : 1;
        long block = 2L * layout.blockRows() * valueWidth * precision.bytes();
        return maps * (ScoreTile.bytes(precision) + block) + keys * pair() + (maps > 1 ? block / 2 : 0);
    }

    /** Of causal features: sums of keys, and a tile of queries with the products of both, beside a block of outputs. */
    private long scanned(Layout layout) {
        long total = settings.draws().total();
        long rows = KeySums.ROWS;
        long tile = total * (width + valueWidth + rows) + rows * (rows + valueWidth);
        return keySums() + precision.bytes() * (tile + (long) layout.blockRows() * valueWidth);
    }

    /** Of the pass that makes exact outputs: one more block of keys, and a block of outputs twice. */
    public long exact(Layout layout, boolean masked) {
        long keys = layout.blockRows() * (2L * width + valueWidth + (masked ? 1 : 0)) * precision.bytes();
        return keys + ScoreTile.bytes(precision) + 2L * layout.blockRows() * valueWidth * precision.bytes();
    }

    /** Bytes of a node of the read that surveys. */
    public long surveyNode() {
        long sampled = 8L * settings.sampled() * (width + 2);
        long moments = settings.performs() && !settings.causal() ? 2 * (GramSum.nodeBytes(width) + 8L * width) : 0;
        int values = settings.method() == AttentionSettings.Method.LINFORMER ? valueWidth : 0;
        long means = settings.hasLandmarks() ? 8L * settings.landmarks() * (2L * width + values + 1) : 0;
        return sampled + moments + means;
    }

    /** Bytes of a node of the read that sums. */
    public long sumsNode() {
        long sampled = 8L * settings.sampled() * (valueWidth + 2) + 8L * compared() * compared();
        long uniform = 8L * (settings.causal() ? settings.sampled() : 1) * (valueWidth + 1);
        long features = settings.performs() ? FeatureSums.bytes(settings.draws().total(), valueWidth) : 0;
        long landmarks = settings.hasLandmarks() ? 8L * settings.landmarks() * (valueWidth + 2) : 0;
        return sampled + uniform + features + landmarks;
    }
}
