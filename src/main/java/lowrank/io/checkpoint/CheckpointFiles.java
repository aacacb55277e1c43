package lowrank.io.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lowrank.blocks.DataException;
import lowrank.io.HadoopConf;
import lowrank.io.MissingInputException;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.Path;

/** Which format a checkpoint is of, and which of its files hold tensors. */
final class CheckpointFiles {
    private static final String INDEX = ".safetensors.index.json";
    private static final String KNOWN =
            ".safetensors, .safetensors.index.json, .onnx, .npz, .npy or a TensorFlow bundle's .index";

    private CheckpointFiles() {}

    /** Files that are read as one kind: several safetensors or .npy, one of all others. */
    private record Found(Kind kind, List<StoredFile> files) {}

    private enum Kind {
        SAFETENSORS(Checkpoint.Format.SAFETENSORS, ".safetensors"),
        SAFETENSORS_INDEX(Checkpoint.Format.SAFETENSORS, INDEX),
        ONNX(Checkpoint.Format.ONNX, ".onnx"),
        TENSORFLOW(Checkpoint.Format.TENSORFLOW, ".index"),
        NPZ(Checkpoint.Format.NUMPY, ".npz"),
        NPY(Checkpoint.Format.NUMPY, ".npy");

        private final Checkpoint.Format format;
        private final String ending;

        Kind(Checkpoint.Format format, String ending) {
            this.format = format;
            this.ending = ending;
        }
    }

    static Checkpoint open(HadoopConf conf, String path) {
        Found found = find(conf, path);
        List<StoredTensor> tensors = new ArrayList<>();
        Map<String, StoredTensor> named = new HashMap<>();
        for (StoredFile file : found.files) {
            for (StoredTensor tensor : read(conf, found.kind, file)) {
                StoredTensor other = named.put(tensor.name(), tensor);
                if (other != null) {
                    throw new DataException(path + " holds " + tensor.name() + " twice, in "
                            + other.file().path() + " and in " + tensor.file().path()
                            + ": name one of the files instead");
                }
                tensors.add(tensor);
            }
        }
        if (tensors.isEmpty()) {
            throw new DataException(path + " holds no tensors");
        }
        Set<StoredFile> files = new LinkedHashSet<>(found.files);
        tensors.forEach(tensor -> files.add(tensor.file()));
        return new Checkpoint(path, found.kind.format, tensors, List.copyOf(files), listing(files, tensors));
    }

    private static List<StoredTensor> read(HadoopConf conf, Kind kind, StoredFile file) {
        return switch (kind) {
            case SAFETENSORS -> Safetensors.read(conf, file);
            case SAFETENSORS_INDEX -> Safetensors.readShards(conf, file);
            case ONNX -> Onnx.read(conf, file);
            case TENSORFLOW -> TensorFlowBundle.read(conf, file);
            case NPZ -> Numpy.readArchive(conf, file);
            case NPY -> Numpy.readArray(conf, file);
        };
    }

    private static DataException unread(String path) {
        return new DataException(path + " is no checkpoint that is read: take one of " + KNOWN);
    }

    private static Found find(HadoopConf conf, String given) {
        Path path = new Path(given);
        try {
            if (conf.fileSystem(path).getFileStatus(path).isDirectory()) {
                return inside(conf, given, path);
            }
        } catch (FileNotFoundException e) {
            throw new MissingInputException(given + " does not exist");
        } catch (IOException e) {
            throw StoredFile.cannotRead(given, e);
        }
        StoredFile file = Folder.file(conf, path, "though it was a moment ago");
        for (Kind kind : Kind.values()) {
            if (path.getName().endsWith(kind.ending)) {
                return new Found(kind, List.of(file));
            }
        }
        throw refusal(conf, file);
    }

    /** Why a file of another name is not read. */
    private static DataException refusal(HadoopConf conf, StoredFile file) {
        String name = new Path(file.path()).getName();
        if (ForeignFormat.isPickle(name)) {
            return ForeignFormat.pickle(file.path());
        }
        if (ForeignFormat.isGguf(name)) {
            return ForeignFormat.gguf(file.path());
        }
        try (FileBytes in = FileBytes.open(conf, file)) {
            ForeignFormat.refuse(in);
        }
        return unread(file.path());
    }

    private static Found inside(HadoopConf conf, String given, Path path) throws IOException {
        Folder folder = Folder.list(conf, path);
        List<Found> found = new ArrayList<>();
        List<StoredFile> index = folder.ending(INDEX);
        if (!index.isEmpty()) {
            found.add(new Found(Kind.SAFETENSORS_INDEX, index)); // files that it does not name are not of the model
        } else {
            add(found, Kind.SAFETENSORS, folder.ending(Kind.SAFETENSORS.ending));
        }
        List<StoredFile> onnx = folder.named("model.onnx"::equals);
        add(found, Kind.ONNX, onnx.isEmpty() ? folder.ending(Kind.ONNX.ending) : onnx);
        add(found, Kind.TENSORFLOW, bundle(conf, folder, path));
        if (found.isEmpty()) { // arrays lie beside models too: inputs, embeddings of a corpus
            add(found, Kind.NPZ, folder.ending(Kind.NPZ.ending));
        }
        if (found.isEmpty() && folder.named(ForeignFormat::isForeign).isEmpty()) {
            add(found, Kind.NPY, folder.ending(Kind.NPY.ending));
        }
        if (found.isEmpty()) {
            throw empty(given, folder);
        }
        Found only = found.get(0);
        boolean several = only.kind == Kind.SAFETENSORS || only.kind == Kind.NPY;
        if (found.size() > 1 || (only.files.size() > 1 && !several)) {
            throw new DataException(given + " holds more than one checkpoint: name one of "
                    + found.stream()
                            .flatMap(one -> one.files.stream())
                            .map(file -> new Path(file.path()).getName())
                            .limit(6)
                            .collect(Collectors.joining(", ")));
        }
        return only;
    }

    private static void add(List<Found> found, Kind kind, List<StoredFile> files) {
        if (!files.isEmpty()) {
            found.add(new Found(kind, files));
        }
    }

    /** A TensorFlow bundle lies in the folder itself, or in {@code variables/} of a saved model. */
    private static List<StoredFile> bundle(HadoopConf conf, Folder folder, Path path) throws IOException {
        List<StoredFile> here = folder.named("variables.index"::equals);
        Path below = new Path(new Path(path, "variables"), "variables.index");
        return here.isEmpty() && conf.fileSystem(below).exists(below)
                ? List.of(Folder.file(conf, below, "though it was a moment ago"))
                : here;
    }

    private static RuntimeException empty(String given, Folder folder) {
        List<StoredFile> pickles = folder.named(ForeignFormat::isPickle);
        if (!pickles.isEmpty()) {
            return ForeignFormat.pickle(pickles.get(0).path());
        }
        List<StoredFile> gguf = folder.named(ForeignFormat::isGguf);
        if (!gguf.isEmpty()) {
            return ForeignFormat.gguf(gguf.get(0).path());
        }
        return new MissingInputException(given + " holds no checkpoint, which is a file " + KNOWN);
    }

    /** Of each file its length, time, and a digest of what its header says of the tensors. */
    private static String listing(Set<StoredFile> files, List<StoredTensor> tensors) {
        Map<StoredFile, StringBuilder> said = new LinkedHashMap<>();
        files.forEach(file -> said.put(file, new StringBuilder()));
        for (StoredTensor tensor : tensors) {
            describe(said.get(tensor.file()), tensor);
        }
        return said.entrySet().stream()
                .map(of -> of.getKey()
                        .listing(
                                new Path(of.getKey().path()).getName(),
                                StoredFile.sha256(
                                        ByteBuffer.wrap(of.getValue().toString().getBytes(StandardCharsets.UTF_8)))))
                .collect(Collectors.joining("\n"));
    }

    private static void describe(StringBuilder said, StoredTensor tensor) {
        said.append(tensor.name())
                .append('\t')
                .append(tensor.type())
                .append('\t')
                .append(tensor.shape())
                .append('\t')
                .append(tensor.offset())
                .append(tensor.packing() == null ? "" : "\t" + tensor.packing())
                .append('\n');
        if (tensor.quantisation() != null) {
            describe(said, tensor.quantisation().scale());
            if (tensor.quantisation().zeroPoint() != null) {
                describe(said, tensor.quantisation().zeroPoint());
            }
        }
    }
}
