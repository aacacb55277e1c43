package lowrank.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import lowrank.io.HadoopConf;
import lowrank.io.InputFiles;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodecFactory;

/**
 * Lines of a text file that begin at bytes {@code from} to {@code to}.
 *
 * @param source index of the file
 * @param number of this piece among all of all files, in order
 */
record LineSplit(int number, int source, String path, String name, long from, long to) implements Serializable {
    /** A constant: what a part holds is a function of the input alone. */
    private static final long BYTES = 32L << 20;

    /** Cuts files into pieces; compressed ones stay whole. */
    static List<LineSplit> of(HadoopConf conf, List<InputFiles.Entry> files, long bytes) {
        CompressionCodecFactory codecs = new CompressionCodecFactory(conf.get());
        List<LineSplit> splits = new ArrayList<>();
        for (int source = 0; source < files.size(); source++) {
            InputFiles.Entry file = files.get(source);
            boolean whole = codecs.getCodec(new Path(file.path())) != null;
            long step = whole ? Long.MAX_VALUE : bytes;
            long from = 0;
            do {
                long to = whole ? Long.MAX_VALUE : Math.min(file.length(), from + step);
                splits.add(new LineSplit(splits.size(), source, file.path(), file.relative(), from, to));
                from = to;
            } while (!whole && from < file.length());
        }
        return splits;
    }

    static List<LineSplit> of(HadoopConf conf, List<InputFiles.Entry> files) {
        return of(conf, files, BYTES);
    }
}
