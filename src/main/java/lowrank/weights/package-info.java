/** Weights of models: which matrices a checkpoint holds, what their spectra say, and factors in their place. */
package lowrank.weights;
