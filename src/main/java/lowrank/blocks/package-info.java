/**
 * Tables of rows that are visited a block at a time: {@link lowrank.blocks.RowBlocks} is all that an algorithm sees of its
 * data, {@link lowrank.blocks.Pass} is what it may sum, {@link lowrank.blocks.Layout} says where sums are cut.
 */
package lowrank.blocks;
