/**
 * Checkpoints of models: files of named tensors. A header is read and checked first, as if an enemy had written it; values are then read
 * by range, where they are needed.
 */
package lowrank.io.checkpoint;
