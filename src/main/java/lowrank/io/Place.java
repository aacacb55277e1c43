package lowrank.io;

/** A column chunk, as messages name it. */
record Place(String file, String column, int group) {
    CorruptFileException corrupt(String what, Throwable cause) {
        return new CorruptFileException(
                file + " column " + column + " row group " + group + " " + what
                        + ": the file is damaged; restore it, or write it again",
                cause);
    }

    /** An exception on the way through a page, which only a damaged file can cause. */
    CorruptFileException corrupt(RuntimeException cause) {
        if (cause instanceof CorruptFileException known) {
            return known;
        }
        boolean checksum = cause.getMessage() != null && cause.getMessage().contains("CRC");
        return corrupt(
                checksum ? "has a page that does not fit its checksum" : "has a page that cannot be decoded", cause);
    }
}
