package lowrank.io.checkpoint;

import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;

/** Which format a checkpoint is of, and which of its files hold tensors. */
final class CheckpointFiles {
    private CheckpointFiles() {}

    static Checkpoint open(HadoopConf conf, String path) {
        throw new DataException(path + " is not a checkpoint");
    }
}
