package lowrank.io;

import java.util.List;
import java.util.function.Function;
import lowrank.blocks.Offenders;

/**
 * Rows of a vector or scalar column, in order.
 *
 * <p>A page whose levels show nothing but whole rows (it may begin and end inside one) is copied in bulk. Any other page is
 * taken entry by entry, so that each row which is null, holds a null, or has another width is named and the rest is read.
 */
final class NumberColumn implements TargetColumn {
    private final String name;
    private final Leaf leaf;
    private final int width;
    private final PageValues.Tiles tiles = new PageValues.Tiles();

    private ChunkPages pages;

    /** The page under way: null before the first and after the last of a chunk; and the entry in it that comes next. */
    private PageValues page;

    private int entry;
    private boolean uniform;
    /** The levels of a page that is not uniform; null also where there are none. */
    private byte[] repetition;

    private byte[] definition;

    /** The row under way: begun and not known to be over, its values so far, what is wrong with it. */
    private boolean open;

    private int filled;
    private String problem;

    NumberColumn(String name, Leaf leaf, int width) {
        this.name = name;
        this.leaf = leaf;
        this.width = width;
    }

    @Override
    public List<Leaf> leaves() {
        return List.of(leaf);
    }

    @Override
    public int width() {
        return width;
    }

    /** The number of values in the first row of a chunk that has any, nulls counted; 0 if there is no such row. */
    static int firstWidth(ChunkPages pages, Leaf leaf) {
        try {
            int width = 0;
            while (pages.next()) {
                byte[] repetition = pages.repetitionLevels();
                byte[] definition = pages.definitionLevels();
                for (int entry = 0; entry < pages.count(); entry++) {
                    if (width > 0 && (repetition == null || repetition[entry] == 0)) {
                        return width;
                    }
                    width += definition == null || definition[entry] >= leaf.entryLevel() ? 1 : 0;
                }
            }
            return width;
        } catch (RuntimeException e) {
            throw pages.place().corrupt(e);
        }
    }

    @Override
    public void start(Function<Leaf, ChunkPages> chunks, long rows) {
        pages = chunks.apply(leaf);
        page = null;
        load();
    }

    @Override
    public void finish() {
        if (page != null) {
            throw pages.place().corrupt("holds more rows than the footer says", null);
        }
    }

    @Override
    public void read(int rows, Destination to, long globalRow, Offenders offenders) {
        try {
            int row = 0;
            while (row < rows) {
                if (page == null) {
                    if (!open) {
                        throw pages.place().corrupt("holds fewer rows than the footer says", null);
                    }
                    close(row++, to, globalRow, offenders);
                } else if (uniform) {
                    row = bulk(row, rows, to);
                } else {
                    row = entries(row, rows, to, globalRow, offenders);
                }
            }
        } catch (RuntimeException e) {
            throw pages.place().corrupt(e);
        }
    }

    /** Takes what it can from a uniform page; returns the row that comes next. */
    private int bulk(int first, int rows, Destination to) {
        if (open && filled == width) {
            // Full at the end of the last page, and this one begins with a new row.
            open = false;
            filled = 0;
            return first + 1;
        }
        long wanted = (long) (rows - first) * width - filled;
        int count = (int) Math.min(pages.count() - entry, wanted);
        if (to == null) {
            page.skip(count);
        } else {
            page.copy(to, (long) first * width + filled, count);
        }
        entry += count;
        long values = filled + (long) count;
        if (entry < pages.count()) {
            open = false;
            filled = 0;
            return rows;
        }
        // Whether the last row is over, only the next page tells.
        int whole = (int) ((values - 1) / width);
        open = true;
        filled = (int) (values - (long) whole * width);
        load();
        return first + whole;
    }

    private int entries(int first, int rows, Destination to, long globalRow, Offenders offenders) {
        int row = first;
        while (entry < pages.count()) {
            boolean begins = repetition == null || repetition[entry] == 0;
            if (begins && open) {
                close(row++, to, globalRow, offenders);
                if (row == rows) {
                    return row;
                }
            } else if (!begins && !open) {
                throw pages.place().corrupt("begins in the middle of a row", null);
            }
            open = true;
            take(row, to);
            entry++;
        }
        load();
        return row;
    }

    private void take(int row, Destination to) {
        int level = definition == null ? leaf.valueLevel() : definition[entry];
        if (level == leaf.valueLevel()) {
            if (to == null || problem != null || filled >= width) {
                page.skip(1);
            } else {
                page.copy(to, (long) row * width + filled, 1);
            }
            filled++;
        } else if (leaf.isVector() && level >= leaf.entryLevel()) {
            note("has a null element at position " + filled);
            filled++;
        } else if (!leaf.isVector() || level < leaf.entryLevel() - 1) {
            note("is null");
        }
        // Otherwise an empty list, which is of another width.
    }

    private void note(String what) {
        if (problem == null) {
            problem = what;
        }
    }

    private void close(int row, Destination to, long globalRow, Offenders offenders) {
        if (filled != width) {
            note("has " + filled + (filled == 1 ? " value" : " values") + " instead of " + width);
        }
        if (problem != null && to != null) {
            to.zero(row);
            offenders.add(globalRow + row, name, problem);
        }
        open = false;
        filled = 0;
        problem = null;
    }

    private void load() {
        try {
            entry = 0;
            page = null;
            repetition = null;
            definition = null;
            if (!pages.next()) {
                return;
            }
            boolean sound = !open || (problem == null && filled > 0 && filled <= width);
            uniform = sound && pages.isUniform(width, filled % width);
            int present = pages.count();
            if (!uniform) {
                repetition = pages.repetitionLevels();
                definition = pages.definitionLevels();
                present = present();
            }
            page = PageValues.of(pages, leaf, present, tiles);
        } catch (RuntimeException e) {
            throw pages.place().corrupt(e);
        }
    }

    private int present() {
        if (definition == null) {
            return pages.count();
        }
        int present = 0;
        for (byte level : definition) {
            if (level == leaf.valueLevel()) {
                present++;
            }
        }
        return present;
    }
}
