package lowrank.io.checkpoint;

/**
 * A member of a zip archive, as its directory and its own header say alike.
 *
 * @param header where its own header begins
 * @param data where its bytes begin
 * @param stored bytes that it takes there
 * @param deflated whether these are compressed
 * @param size bytes that they become
 * @param crc CRC-32 of those
 * @param described whether sizes and checksum follow the bytes once more
 */
record ZipMember(
        String name, long header, long data, long stored, boolean deflated, long size, int crc, boolean described) {
    long end() {
        return data + stored;
    }
}
