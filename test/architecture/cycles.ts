// Finds cycles in a directed graph.

export type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** The cycles (`a -> b -> a`) that a depth-first walk closes: at least one where there is any, empty where there is none. */
export function findCycles(graph: Graph): readonly string[] {
  const cycles: string[] = []
  const done = new Set<string>()
  const visit = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node)
    if (at !== -1) {
      cycles.push([...path.slice(at), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) visit(next, [...path, node])
    done.add(node)
  }
  for (const node of graph.keys()) visit(node, [])
  return cycles
}
