// The compiler's syntax tree as it is walked here: nodes with places in the source, counted in bytes.

export type AstNode = { readonly nodeType: string; readonly src: string; readonly [member: string]: unknown }

/** A stretch of a source, in bytes. */
export type Span = { readonly start: number; readonly length: number }

/** What an operator does to a source. */
export type Edit = Span & { readonly operator: string; readonly replacement: string }

export function isNode(value: unknown): value is AstNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'nodeType' in value &&
    typeof value.nodeType === 'string' &&
    'src' in value &&
    typeof value.src === 'string'
  )
}

/** The member that must be a node. */
export function nodeAt(node: AstNode, member: string): AstNode {
  const child = node[member]
  if (!isNode(child)) throw new Error(`expected a node in ${member} of ${node.nodeType}`)
  return child
}

/** All nodes in the members, in the order of the source. */
export function childrenOf(node: AstNode): AstNode[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
    .toSorted((a, b) => spanOf(a).start - spanOf(b).start)
}

export function spanOf({ src }: AstNode): Span {
  const [start = 0, length = 0] = src.split(':').map(Number)
  return { start, length }
}

export function textOf(source: Buffer, node: AstNode): string {
  const { start, length } = spanOf(node)
  return source.subarray(start, start + length).toString()
}

export function nameOf(node: AstNode): string {
  const { name, kind } = node
  return typeof name === 'string' && name !== '' ? name : String(kind ?? '')
}
