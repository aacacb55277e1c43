/** Softmax attention of long sequences: exact a tile at a time, and by low-rank approximations that measure their own error. */
package lowrank.attention;
