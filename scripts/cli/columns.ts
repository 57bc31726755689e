// How wide a column is whose cells others may have written.

/** Characters. What is longer stands out of its column: padding every other row to it would let one cell take the memory of a thousand. */
const WIDEST = 100

/** Of its longest cell, up to a bound. Of any number of cells: the arguments of one call are not. */
export function widthOf(cells: readonly string[]): number {
  return Math.min(
    WIDEST,
    cells.reduce((most, cell) => Math.max(most, cell.length), 0),
  )
}
