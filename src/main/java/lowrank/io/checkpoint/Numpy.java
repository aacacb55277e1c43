package lowrank.io.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import lowrank.blocks.DataException;
import lowrank.io.CorruptFileException;
import lowrank.io.HadoopConf;
import lowrank.io.NpyArray;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/**
 * Tensors of NumPy's files: {@code .npy} holds one array, {@code .npz} is a zip archive of them, compressed or not. A tensor is named after
 * the file or member, without {@code .npy}. Text is left out, and so are members of other names.
 */
final class Numpy {
    private static final String ARRAY = ".npy";

    /** What deflated members may become in all beside {@link #MOST_RATIO} times their bytes: tensors of zeros are a thousand times smaller. */
    private static final long FREE_BYTES = 1 << 24;
    /** Weights shrink by a tenth, or by half where they were rounded. */
    private static final long MOST_RATIO = 100;

    /** Flax and Keras call matrices so that inputs are multiplied with, (in, out); PyTorch calls none so. */
    private static final Pattern KERNEL = Pattern.compile("(?:.*[/.])?kernel(?::0)?");

    private Numpy() {}

    /**
     * Reads a file of one array.
     *
     * @return the array; empty if it holds text
     * @throws CorruptFileException if its header is not as NumPy writes it, or the file is not as long as it says
     * @throws DataException if it holds Python objects or numbers that are not read
     */
    static List<StoredTensor> readArray(HadoopConf conf, StoredFile file) {
        String last = new Path(file.path()).getName();
        String name = Limits.name(file, last.substring(0, last.length() - ARRAY.length()));
        Function<String, CorruptFileException> corrupt = what -> file.corrupt(what, null);
        NpyArray array;
        try (InputStream in = file.open(conf)) {
            array = NpyArray.read(in, corrupt);
        } catch (IOException e) {
            throw StoredFile.cannotRead(file.path(), e);
        }
        Kind kind = kind(file, name, array);
        if (kind == null) {
            return List.of();
        }
        array.requireLength(file.length(), kind.type.bytes(), corrupt);
        return List.of(tensor(file, name, kind, array, null));
    }

    /**
     * Reads the directory of an archive, and of each array the header.
     *
     * @return tensors in the order of the file
     * @throws CorruptFileException if the archive contradicts itself, or an array is not as NumPy writes it
     * @throws DataException if it holds Python objects or numbers that are not read, is encrypted, or would become far larger than it is
     */
    static List<StoredTensor> readArchive(HadoopConf conf, StoredFile file) {
        List<ZipMember> members;
        try (FileBytes in = FileBytes.open(conf, file)) {
            members = ZipDirectory.read(in);
        }
        requireModest(file, members);
        List<StoredTensor> tensors = new ArrayList<>();
        try (FSDataInputStream in = file.open(conf)) {
            for (ZipMember member : members) {
                if (ForeignFormat.isPickle(member.name())) {
                    throw ForeignFormat.pickle(file.path());
                }
                StoredTensor tensor = member.name().endsWith(ARRAY) ? member(in, file, member) : null;
                if (tensor != null) {
                    tensors.add(tensor);
                }
            }
        } catch (IOException e) {
            throw StoredFile.cannotRead(file.path(), e);
        }
        return tensors;
    }

    private static void requireModest(StoredFile file, List<ZipMember> members) {
        long most = FREE_BYTES;
        for (ZipMember member : members) {
            most += member.deflated() ? MOST_RATIO * Math.min(member.stored(), Long.MAX_VALUE / MOST_RATIO / 2) : 0;
        }
        for (ZipMember member : members) {
            most -= member.deflated() ? member.size() : 0;
            if (most < 0) {
                throw new DataException(file.path() + " holds members that become more than " + MOST_RATIO
                        + " times as large when they are inflated, with " + member.name()
                        + ", as weights never do: if you trust it, save it by np.savez, which does not compress");
            }
        }
    }

    /** Null for text. */
    private static StoredTensor member(FSDataInputStream in, StoredFile file, ZipMember member) throws IOException {
        String name = Limits.name(file, member.name().substring(0, member.name().length() - ARRAY.length()));
        Function<String, CorruptFileException> corrupt =
                what -> file.corrupt("holds " + member.name() + ", which " + what, null);
        Packing.Member bytes =
                new Packing.Member(member.data(), member.stored(), member.deflated(), member.size(), member.crc(), 0);
        NpyArray array;
        try (MemberBytes content = new MemberBytes(in, file, member.name(), bytes)) {
            array = NpyArray.read(content, corrupt);
        }
        Kind kind = kind(file, name, array);
        if (kind == null) {
            return null;
        }
        array.requireLength(member.size(), kind.type.bytes(), corrupt);
        return tensor(
                file,
                name,
                kind,
                array,
                new Packing.Member(member.data(), member.stored(), member.deflated(), member.size(), member.crc(), (int)
                        array.data()));
    }

    private static StoredTensor tensor(StoredFile file, String name, Kind kind, NpyArray array, Packing.Member member) {
        List<Long> shape = array.shape();
        if (shape.size() > Limits.DIMENSIONS) {
            throw file.corrupt(
                    "holds " + name + " of " + shape.size() + " dimensions, where NumPy allows " + Limits.DIMENSIONS,
                    null);
        }
        // One row, one column and a vector lie the same way in both orders.
        boolean columnMajor = array.columnMajor()
                && shape.stream().filter(size -> size > 1).count() > 1
                && shape.stream().noneMatch(size -> size == 0);
        long values = member == null ? array.data() : member.deflated() ? member.at() : member.at() + array.data();
        boolean plain = member == null && !columnMajor && !kind.bigEndian;
        StoredTensor tensor = new StoredTensor(
                name,
                name,
                kind.type,
                shape,
                file,
                values,
                shape.size() == 2 && KERNEL.matcher(name).matches()
                        ? StoredTensor.Role.IN_OUT
                        : StoredTensor.Role.UNKNOWN,
                null,
                plain ? null : new Packing(kind.bigEndian, columnMajor, member));
        if (columnMajor && tensor.bytes() / shape.get(0) > ValueBytes.MOST_STRIP) {
            throw new DataException(file.path() + " holds " + name + " in Fortran order, with rows of more than "
                    + ValueBytes.MOST_STRIP + " bytes: save np.ascontiguousarray(a) instead");
        }
        return tensor;
    }

    /** What numbers an array holds. */
    private record Kind(ElementType type, boolean bigEndian) {}

    /** Null for text. */
    private static Kind kind(StoredFile file, String name, NpyArray array) {
        String type = array.type();
        char order = type.isEmpty() ? 0 : type.charAt(0);
        String rest = type.isEmpty() ? "" : type.substring(1);
        if ((order == '<' || order == '>' || order == '|') && rest.matches("[US]\\d{1,18}")) {
            return null;
        }
        if (type.equals("|O") || type.equals("O")) {
            throw new DataException(file.path() + " holds Python objects as " + name
                    + ", which are pickled and never loaded: save them as numbers, as a.astype('float32') makes them, or"
                    + " leave them out");
        }
        ElementType element = switch (rest) {
            case "f8" -> ElementType.F64;
            case "f4" -> ElementType.F32;
            case "f2" -> ElementType.F16;
            case "i8" -> ElementType.I64;
            case "i4" -> ElementType.I32;
            case "i2" -> ElementType.I16;
            case "i1" -> ElementType.I8;
            case "u8" -> ElementType.U64;
            case "u4" -> ElementType.U32;
            case "u2" -> ElementType.U16;
            case "u1" -> ElementType.U8;
            case "b1" -> ElementType.BOOL;
            default -> null;
        };
        boolean single = element != null && element.bytes() == 1;
        if (element == null || (order != '<' && order != '>' && !(single && order == '|'))) {
            throw new DataException(file.path() + " holds " + name + " of "
                    + (type.isEmpty() ? "a structured type" : "type " + Limits.shown(type))
                    + ", which is not read: save a.astype('float32') instead");
        }
        return new Kind(element, order == '>' && !single);
    }
}
