package lowrank.kernel;

import java.util.Arrays;
import java.util.List;
import lowrank.blocks.DataException;
import lowrank.blocks.RowBlocks;
import lowrank.linalg.Matrix;

/** Landmarks that someone else has chosen: they need not be rows of the table. */
public record Given(Matrix points) implements Landmarks {
    public Given {
        if (points.rows() == 0) {
            throw new DataException("the table of landmarks has no rows");
        }
        for (int i = 0; i < points.values().length; i++) {
            if (!Double.isFinite(points.values()[i])) {
                throw new DataException("landmark " + i % points.rows() + " column " + i / points.rows()
                        + " is infinite or not a number; repair the table of landmarks");
            }
        }
    }

    @Override
    public String name() {
        return "given";
    }

    @Override
    public Chosen choose(RowBlocks rows, Kernel kernel) {
        if (points.cols() != rows.cols()) {
            throw new DataException("the landmarks have " + points.cols() + " values each, the rows " + rows.cols()
                    + "; give landmarks with the columns of the rows");
        }
        long[] positions = new long[points.rows()];
        Arrays.fill(positions, -1);
        return new Chosen(points, positions, List.of(), new double[0]);
    }
}
