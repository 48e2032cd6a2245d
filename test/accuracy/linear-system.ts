/** Solves a symmetric positive system by Cholesky's method; the row-major matrix is overwritten. */
export const solveSystem = (lower: Float64Array, right: Float64Array): Float64Array => {
  const size = right.length;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let value = lower[row * size + column] ?? 0;
      for (let k = 0; k < column; k += 1) {
        value -= (lower[row * size + k] ?? 0) * (lower[column * size + k] ?? 0);
      }
      lower[row * size + column] =
        row === column ? Math.sqrt(value) : value / (lower[column * size + column] ?? 1);
    }
  }
  const solution = Float64Array.from(right);
  for (let row = 0; row < size; row += 1) {
    let value = solution[row] ?? 0;
    for (let k = 0; k < row; k += 1) value -= (lower[row * size + k] ?? 0) * (solution[k] ?? 0);
    solution[row] = value / (lower[row * size + row] ?? 1);
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    let value = solution[row] ?? 0;
    for (let k = row + 1; k < size; k += 1) {
      value -= (lower[k * size + row] ?? 0) * (solution[k] ?? 0);
    }
    solution[row] = value / (lower[row * size + row] ?? 1);
  }
  return solution;
};
