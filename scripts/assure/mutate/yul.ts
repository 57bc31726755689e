// The mutation operators of inline assembly.

import { type AstNode, type Edit, isNode, nodeAt, spanOf, textOf } from './ast.ts'

const SWAPS: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'div',
  div: 'mul',
  mod: 'div',
  and: 'or',
  or: 'and',
  xor: 'or',
  shl: 'shr',
  shr: 'shl',
  mstore: 'mstore8',
  mstore8: 'mstore',
}
/** a < b becomes a <= b, and so on. */
const BOUNDARIES: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt', eq: 'eq' }

/** What may be changed at this node, without what may be changed below it. */
export function editsOfYul(source: Buffer, node: AstNode): Edit[] {
  const edit = (operator: string, replacement: string, at: AstNode = node): Edit => {
    return { ...spanOf(at), operator: `yul ${operator}`, replacement }
  }
  switch (node.nodeType) {
    case 'YulFunctionCall': {
      const name = nodeAt(node, 'functionName')
      const called = String(name['name'])
      const args = Array.isArray(node['arguments']) ? node['arguments'].filter(isNode) : []
      const inner = args.map((argument) => textOf(source, argument)).join(', ')
      if (called === 'iszero' || called === 'not') return [edit('operator', inner)]
      const boundary = BOUNDARIES[called]
      if (boundary) return [edit('operator', `iszero(${boundary}(${inner}))`)]
      const other = SWAPS[called]
      return other === undefined ? [] : [edit('operator', other, name)]
    }
    case 'YulIf': {
      const condition = nodeAt(node, 'condition')
      return [edit('never', '0', condition), edit('always', '1', condition)]
    }
    case 'YulExpressionStatement':
    case 'YulAssignment':
    case 'YulBreak':
      return [edit('statement removed', '')]
    case 'YulLiteral':
      return editsOfLiteral(node, textOf(source, node)).map((replacement) => edit('constant', replacement))
    default:
      return []
  }
}

function editsOfLiteral(node: AstNode, text: string): string[] {
  if (node['kind'] !== 'number') return []
  const value = BigInt(text)
  if (value === 0n) return ['1']
  const format = (other: bigint) => (text.startsWith('0x') ? `0x${other.toString(16)}` : other.toString())
  return [format(value + 1n), format(value - 1n)]
}
