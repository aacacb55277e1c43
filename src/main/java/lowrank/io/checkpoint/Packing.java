package lowrank.io.checkpoint;

import java.io.Serializable;

/**
 * How the numbers of a tensor lie in its file, where they are not one little-endian number after the other in C order.
 *
 * @param bigEndian whether the first byte of a number is its highest
 * @param columnMajor whether the first index runs fastest (Fortran order), not the last
 * @param member of a zip archive that holds them, or null
 */
public record Packing(boolean bigEndian, boolean columnMajor, Member member) implements Serializable {

    /**
     * A member of a zip archive.
     *
     * @param at where its bytes begin in the file
     * @param stored bytes that it takes there
     * @param deflated whether these are compressed
     * @param size bytes that they become
     * @param crc CRC-32 of those
     * @param header bytes before the numbers, of those
     */
    public record Member(long at, long stored, boolean deflated, long size, int crc, int header)
            implements Serializable {}

    boolean deflated() {
        return member != null && member.deflated;
    }
}
