package lowrank.io.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import lowrank.io.HadoopConf;
import lowrank.io.StoredFile;
import org.apache.hadoop.fs.FSDataInputStream;

/** Whether a file is a copy of another but for the values of some tensors: what {@link PatchedCopy} promises, looked at byte by byte. */
public final class CopiedBytes {
    private static final int PIECE = 1 << 18;

    private CopiedBytes() {}

    /**
     * Compares all bytes outside of these tensors.
     *
     * @param replaced tensors of the source; those in other files are passed over
     * @return where the first other byte is, or the first that one of the files has alone
     */
    public static OptionalLong firstDifference(
            HadoopConf conf, StoredFile source, StoredFile copy, List<StoredTensor> replaced) {
        List<StoredTensor> here = replaced.stream()
                .filter(tensor -> tensor.file().equals(source))
                .sorted(Comparator.comparingLong(StoredTensor::offset))
                .toList();
        if (source.length() != copy.length()) {
            return OptionalLong.of(Math.min(source.length(), copy.length()));
        }
        try (FSDataInputStream one = source.open(conf);
                FSDataInputStream other = copy.open(conf)) {
            long at = 0;
            for (StoredTensor tensor : here) {
                OptionalLong found = firstDifference(one, other, at, tensor.offset());
                if (found.isPresent()) {
                    return found;
                }
                at = tensor.offset() + tensor.bytes();
            }
            return firstDifference(one, other, at, source.length());
        } catch (EOFException e) {
            throw source.corrupt("or " + copy.path() + " ends before its last byte", e);
        } catch (IOException e) {
            throw StoredFile.cannotRead(source.path() + " or " + copy.path(), e);
        }
    }

    private static OptionalLong firstDifference(FSDataInputStream one, FSDataInputStream other, long from, long to)
            throws IOException {
        byte[] left = new byte[PIECE];
        byte[] right = new byte[PIECE];
        if (from < to) {
            one.seek(from);
            other.seek(from);
        }
        for (long at = from; at < to; at += PIECE) {
            int some = (int) Math.min(PIECE, to - at);
            one.readFully(left, 0, some);
            other.readFully(right, 0, some);
            int first = Arrays.mismatch(left, 0, some, right, 0, some);
            if (first >= 0) {
                return OptionalLong.of(at + first);
            }
        }
        return OptionalLong.empty();
    }
}
