// Work that several want at the same time, done once.

/** Joins the work of this name that is under way, or begins it. */
export function once<Name, T>(underWay: Map<Name, Promise<T>>, name: Name, begin: () => Promise<T>): Promise<T> {
  const known = underWay.get(name)
  if (known !== undefined) return known
  const work = begin().finally(() => underWay.delete(name))
  underWay.set(name, work)
  return work
}
