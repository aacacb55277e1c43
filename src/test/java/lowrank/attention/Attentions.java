package lowrank.attention;

import java.util.Random;
import lowrank.linalg.Matrix;
import lowrank.models.HeadAttention;

/** Approximations of attention that tests on real heads ask of an implementation, non-causal and without a mask. */
interface Attentions {
    /** FAVOR+ on the rows as they are. */
    HeadAttention plain(int features, long seed);

    /** FAVOR+ on centred and balanced rows. */
    HeadAttention balanced(int features, long seed);

    /** Nyström attention whose cut is chosen by the error on so many sampled rows. */
    HeadAttention nystrom(int landmarks, int sampled, long seed);

    /** The references. */
    record Reference() implements Attentions {
        @Override
        public HeadAttention plain(int features, long seed) {
            return (layer, head, q, k, v) -> ReferenceFavor.outputs(
                    ReferenceFavor.plain(q, k), v, frequencies(q, features, seed, layer, head), false, null);
        }

        @Override
        public HeadAttention balanced(int features, long seed) {
            return (layer, head, q, k, v) -> ReferenceFavor.outputs(
                    ReferenceFavor.balanced(q, k, null), v, frequencies(q, features, seed, layer, head), false, null);
        }

        @Override
        public HeadAttention nystrom(int landmarks, int sampled, long seed) {
            return (layer, head, q, k, v) -> {
                int[] rows = new Random(seed)
                        .ints(0, q.rows())
                        .distinct()
                        .limit(sampled)
                        .toArray();
                return ReferenceNystrom.of(q, k, v, landmarks, null).bestCut(ReferenceAttention.exact(q, k, v), rows);
            };
        }

        /** Of each head its own. */
        private static Matrix frequencies(Matrix q, int features, long seed, int layer, int head) {
            return ReferenceFavor.frequencies(q.cols(), features, 1_000_000 * seed + 1000L * layer + head);
        }
    }

    /** Our own. */
    record Product() implements Attentions {
        @Override
        public HeadAttention plain(int features, long seed) {
            return performer(features, false, seed);
        }

        @Override
        public HeadAttention balanced(int features, long seed) {
            return performer(features, true, seed);
        }

        @Override
        public HeadAttention nystrom(int landmarks, int sampled, long seed) {
            NystromAttention.Inverse inverse = new NystromAttention.Inverse.BySample();
            return new MethodAttention((head, scale) -> new NystromAttention(landmarks, inverse, scale), sampled, seed)
                    .heads();
        }

        private static HeadAttention performer(int features, boolean balanced, long seed) {
            FeatureDraws draws = new FeatureDraws(FeatureKind.POSITIVE, features, 1, true, seed);
            return new MethodAttention((head, scale) -> new Performer(draws.ofHead(head), balanced, scale), 1, seed)
                    .heads();
        }
    }
}
