/** A count and what is counted: `1 line`, `2 lines`. */
export function counted(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}
