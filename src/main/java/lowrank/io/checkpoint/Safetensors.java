package lowrank.io.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.Path;

/** Reads what safetensors files hold; of their bytes the header alone. */
final class Safetensors {
    private Safetensors() {}

    /**
     * Tensors of one file, in the order of their values.
     *
     * @throws lowrank.io.CorruptFileException if the header breaks a rule of the format
     * @throws lowrank.blocks.DataException if a tensor is of a type that is not read, or the file is of another format
     */
    static List<StoredTensor> read(HadoopConf conf, StoredFile file) {
        SafetensorsHeader header;
        try (FileBytes in = FileBytes.open(conf, file)) {
            header = SafetensorsHeader.read(in);
        }
        List<StoredTensor> tensors = new ArrayList<>(header.entries().size());
        for (SafetensorsHeader.Entry entry : header.entries()) {
            tensors.add(new StoredTensor(
                    entry.name(),
                    entry.name(),
                    entry.type(),
                    entry.shape(),
                    file,
                    header.data() + entry.begin(),
                    StoredTensor.Role.UNKNOWN,
                    null));
        }
        return tensors;
    }

    /**
     * Tensors of all shards that an index names, shard by shard in the order of their names. Each shard must hold exactly the tensors
     * that the index puts there.
     *
     * @throws lowrank.io.MissingInputException if a shard is not there
     * @throws lowrank.io.CorruptFileException if the index is not what the format asks for, leads out of its folder, or does not
     *     agree with a shard
     */
    static List<StoredTensor> readShards(HadoopConf conf, StoredFile index) {
        Map<String, Set<String>> shards = ShardIndex.read(conf, index);
        Path folder = new Path(index.path()).getParent();
        List<StoredTensor> all = new ArrayList<>();
        for (Map.Entry<String, Set<String>> shard : shards.entrySet()) {
            StoredFile file = shard(conf, index, new Path(folder, shard.getKey()));
            List<StoredTensor> tensors = read(conf, file);
            Set<String> missing = new TreeSet<>(shard.getValue());
            for (StoredTensor tensor : tensors) {
                if (!missing.remove(tensor.name())) {
                    throw file.corrupt(
                            "holds " + tensor.name() + ", which " + index.path() + " does not place there", null);
                }
            }
            if (!missing.isEmpty()) {
                throw file.corrupt(
                        "does not hold " + missing.iterator().next() + ", which " + index.path() + " places there",
                        null);
            }
            all.addAll(tensors);
        }
        return all;
    }

    private static StoredFile shard(HadoopConf conf, StoredFile index, Path shard) {
        Folder.requireInside(conf, index, shard);
        return Folder.file(
                conf, shard, "which " + index.path() + " names: fetch all of its shards, they belong together");
    }
}
