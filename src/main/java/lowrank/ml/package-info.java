/** Where Spark's own types of linear algebra meet lowrank's: {@link lowrank.ml.RowMatrices} takes and gives MLlib's. */
package lowrank.ml;
