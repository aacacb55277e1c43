/** {@code report.html}: a result on one page, for people. */
package lowrank.store.report;
