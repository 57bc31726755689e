// Makes branches visible: each outcome of a condition gets a statement of its own, which Hardhat's instrumentation counts.

import { type AstNode, childrenOf, isNode, nodeAt, spanOf, textOf } from '../mutate/ast.ts'

/** A condition; `yes` and `no` are the places in the changed source of the statements that count its outcomes, in UTF-16. */
type Branch = { readonly line: number; readonly text: string; readonly yes: number; readonly no: number }

export type Branched = {
  /** The lines of the original keep their numbers. */
  readonly source: string
  readonly branches: readonly Branch[]
  /** Where statements begin that are not the original's. */
  readonly added: ReadonlySet<number>
  /** From here on nothing is the original's. */
  readonly end: number
}

/** Text to put in at a byte of the source; `marker` is the outcome whose statement it begins with, after `skip` characters. */
type Insertion = {
  readonly at: number
  readonly text: string
  readonly depth: number
  readonly isClosing: boolean
  readonly markers: readonly { readonly branch: number; readonly outcome: 'yes' | 'no'; readonly skip: number }[]
}

/**
 * Conditions of `if`, of loops and of `? :`, and both operands of `&&` and `||`. Those in assembly are not seen.
 * @param source UTF-8, as the tree counts bytes
 */
export function showBranches(source: Buffer, ast: AstNode): Branched {
  const found: AstNode[] = []
  const insertions: Insertion[] = []
  visit(ast, 0)
  const places = new Map<string, number>()
  let text = ''
  let at = 0
  for (const insertion of insertions.toSorted(compare)) {
    text += source.subarray(at, insertion.at).toString()
    at = insertion.at
    for (const { branch, outcome, skip } of insertion.markers) places.set(`${branch} ${outcome}`, text.length + skip)
    text += insertion.text
  }
  text += source.subarray(at).toString()
  const end = text.length
  for (const [i] of found.entries()) {
    if (places.has(`${i} yes`)) continue
    const before = `function __branch${i}(bool c) pure returns (bool) { if (c) { `
    places.set(`${i} yes`, text.length + before.length)
    places.set(`${i} no`, text.length + `${before}true; } else { `.length)
    text += `${before}true; } else { false; } return c; }\n`
  }
  const branches = found.map((node, i) => {
    const line = source.subarray(0, spanOf(node).start).toString().split('\n').length
    const place = (outcome: string) => places.get(`${i} ${outcome}`) ?? -1
    return { line, text: textOf(source, node), yes: place('yes'), no: place('no') }
  })
  return { source: text, branches, added: new Set(places.values()), end }

  function visit(node: AstNode, depth: number): void {
    if (node.nodeType === 'InlineAssembly') return
    const condition = node['condition']
    if (node.nodeType === 'IfStatement' && isNode(condition) && !isCompound(condition)) showIf(node, condition, depth)
    else if (isNode(condition) && !isCompound(condition)) wrap(condition, depth)
    if (isCompound(node)) {
      for (const side of ['leftExpression', 'rightExpression']) {
        const operand = nodeAt(node, side)
        if (!isCompound(operand)) wrap(operand, depth)
      }
    }
    for (const child of childrenOf(node)) visit(child, depth + 1)
  }

  /** A function's call costs stack, which some functions do not have: an `if` gets both its sides instead. */
  function showIf(node: AstNode, condition: AstNode, depth: number): void {
    const branch = found.push(condition) - 1
    const yes = nodeAt(node, 'trueBody')
    const no = node['falseBody']
    open(spanOf(yes).start, '{ ', 'true; ', { branch, outcome: 'yes' })
    if (isNode(no)) {
      close(endOf(yes), ' }')
      open(spanOf(no).start, '{ ', 'false; ', { branch, outcome: 'no' })
      close(endOf(no), ' }')
    } else {
      const text = ' } else { '
      const markers = [{ branch, outcome: 'no', skip: text.length }] as const
      insertions.push({ at: endOf(yes), text: `${text}false; }`, depth, isClosing: true, markers })
    }

    function open(at: number, text: string, marker: string, outcome: { branch: number; outcome: 'yes' | 'no' }): void {
      const markers = [{ ...outcome, skip: text.length }]
      insertions.push({ at, text: text + marker, depth, isClosing: false, markers })
    }
    function close(at: number, text: string): void {
      insertions.push({ at, text, depth, isClosing: true, markers: [] })
    }
  }

  function wrap(condition: AstNode, depth: number): void {
    const branch = found.push(condition) - 1
    const { start, length } = spanOf(condition)
    insertions.push({ at: start, text: `__branch${branch}(`, depth, isClosing: false, markers: [] })
    insertions.push({ at: start + length, text: ')', depth, isClosing: true, markers: [] })
  }

  /** Behind the semicolon, which the compiler does not count to a statement. */
  function endOf(node: AstNode): number {
    const { start, length } = spanOf(node)
    const last = source
      .subarray(start, start + length)
      .toString()
      .trimEnd()
      .at(-1)
    return last === '}' || last === ';' ? start + length : source.indexOf(';', start + length) + 1
  }
}

function isCompound(node: AstNode): boolean {
  return node.nodeType === 'BinaryOperation' && /^(&&|\|\|)$/.test(String(node['operator']))
}

/** What ends at a place comes before what begins there; the inner ends first, the outer begins first. */
function compare(a: Insertion, b: Insertion): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.isClosing !== b.isClosing) return a.isClosing ? -1 : 1
  return a.isClosing ? b.depth - a.depth : a.depth - b.depth
}
