/**
 * Kernels and what approximates them: {@link lowrank.kernel.Kernel} is a function of two rows, a {@link lowrank.kernel.FeatureMap} turns
 * rows into features whose inner products are (about) its values, by random frequencies or by landmarks.
 */
package lowrank.kernel;
