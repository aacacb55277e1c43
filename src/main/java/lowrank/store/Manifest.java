package lowrank.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import lowrank.certify.Certificate;
import lowrank.certify.Findings;

/**
 * {@code factorization.json}: what was computed from what, how, with what error, and which files hold it.
 *
 * @param format version of this file and of the folder around it
 * @param status {@code complete}, or {@code rejected} when a demand was not met
 * @param spec the effective spec
 * @param specDigest of the parts of the spec that decide the result
 * @param certificate of factors, or null
 * @param findings what is known of the error of a result that has no such certificate, or null
 * @param model what new rows are predicted with besides the tables: kernel, features, solver, classes, targets, preparation, as the
 *     job wrote them; null where there is none
 * @param shape of the rows, or null where there are none
 * @param weights what a job on weights worked on, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Manifest(
        int format,
        String job,
        String status,
        JsonNode spec,
        String specDigest,
        Input input,
        Shape shape,
        String algorithm,
        List<String> reasons,
        int rank,
        Versions versions,
        Certificate certificate,
        Findings findings,
        JsonNode model,
        Weights weights,
        List<PassRecord> passes,
        Map<String, Factor> factors) {
    /** Of rows. */
    public Manifest(
            int format,
            String job,
            String status,
            JsonNode spec,
            String specDigest,
            Input input,
            Shape shape,
            String algorithm,
            List<String> reasons,
            int rank,
            Versions versions,
            Certificate certificate,
            Findings findings,
            JsonNode model,
            List<PassRecord> passes,
            Map<String, Factor> factors) {
        this(
                format,
                job,
                status,
                spec,
                specDigest,
                input,
                shape,
                algorithm,
                reasons,
                rank,
                versions,
                certificate,
                findings,
                model,
                null,
                passes,
                factors);
    }

    /** Of a result that is no model. */
    public Manifest(
            int format,
            String job,
            String status,
            JsonNode spec,
            String specDigest,
            Input input,
            Shape shape,
            String algorithm,
            List<String> reasons,
            int rank,
            Versions versions,
            Certificate certificate,
            List<PassRecord> passes,
            Map<String, Factor> factors) {
        this(
                format,
                job,
                status,
                spec,
                specDigest,
                input,
                shape,
                algorithm,
                reasons,
                rank,
                versions,
                certificate,
                null,
                null,
                passes,
                factors);
    }

    /** The version that this code writes. */
    public static final int FORMAT = 2;

    /** Name of the file. */
    public static final String FILE = "factorization.json";

    /**
     * Where the rows came from.
     *
     * @param listing fingerprint of the files: paths, sizes, times, footers
     * @param checksums {@code verified}, or {@code none} where the files carry no page checksums
     * @param values CRC32C over the values of all blocks, by which {@code verify} knows its input; null for weights
     * @param sources of weights the fingerprint of each input alone, by the key that names it; null for rows
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Input(
            String path, int files, String listing, String checksums, String values, Map<String, String> sources) {
        /** Of rows. */
        public Input(String path, int files, String listing, String checksums, String values) {
            this(path, files, listing, checksums, values, null);
        }
    }

    /**
     * Shape of the matrix, and the sizes that decide the bits.
     *
     * @param precision of the computation
     */
    public record Shape(long rows, int cols, String precision, int leafRows, int blockRows) {}

    /**
     * Weights that were worked on.
     *
     * @param tensors of the checkpoint
     * @param matrices that were chosen
     * @param parameters of these matrices
     * @param bytes of these matrices, as stored
     * @param kept numbers that the result holds in their place
     * @param skipped tensors that were not, how many for each reason
     */
    public record Weights(
            int tensors, int matrices, long parameters, long bytes, long kept, Map<String, Integer> skipped) {}

    /**
     * Versions that decide the bits.
     *
     * @param blas library and core type of each process that computed
     * @param bits {@code promised}, or {@code not promised} when they differ
     */
    public record Versions(String lowrank, String spark, String java, List<String> blas, String bits) {}

    /**
     * A read of the input.
     *
     * @param bytes decoded bytes read
     * @param flops floating-point operations planned for it
     * @param offHeap the most bytes off the heap that a process has held at once, until this pass ended: what {@code plan} predicts
     */
    public record PassRecord(
            String label, double seconds, long rows, long bytes, double flops, int tasks, long offHeap) {}

    /**
     * A factor as stored.
     *
     * @param digest of its values
     */
    public record Factor(long rows, int width, String precision, String digest, List<Part> files) {}

    /**
     * A file, relative to the output.
     *
     * @param checksum of all its bytes, see {@link Checksum}; null in results of before
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Part(String path, long rows, long bytes, String checksum) implements Serializable {
        /** Without a checksum. */
        public Part(String path, long rows, long bytes) {
            this(path, rows, bytes, null);
        }
    }

    private static ObjectMapper mapper() {
        return new ObjectMapper()
                .enable(SerializationFeature.INDENT_OUTPUT)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    }

    /** The JSON text. */
    public String json() {
        try {
            return mapper().writeValueAsString(this) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the manifest cannot be written as JSON", e);
        }
    }

    /** Reads the JSON text; {@code place} is named in errors. */
    public static Manifest parse(String json, String place) {
        Manifest manifest;
        try {
            manifest = mapper().readValue(json, Manifest.class);
        } catch (JsonProcessingException e) {
            throw new lowrank.io.CorruptFileException(place + " is not a lowrank manifest: " + e.getOriginalMessage());
        }
        if (manifest.format != FORMAT) {
            throw new lowrank.io.CorruptFileException(place + " has format " + manifest.format + ", this version reads "
                    + FORMAT + "; use the version of lowrank that wrote it");
        }
        if (manifest.job == null || manifest.passes == null || manifest.factors == null) {
            throw new lowrank.io.CorruptFileException(
                    place + " is not a lowrank manifest: it names no job, passes or factors; run the job again");
        }
        return manifest;
    }
}
