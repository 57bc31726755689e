// Reads inline assembly without loops as statements about 256-bit words. Calldata, memory that is read, and Keccak are functions
// about which nothing else is known.

import { type AstNode, childrenOf, isNode, nodeAt } from '../mutate/ast.ts'
import type { Contracts } from './source.ts'

export type Words = {
  /** SMT-LIB terms of 256 bits by the names of what the assembly reads and writes. */
  readonly terms: ReadonlyMap<string, string>
  /** What was stored, in its order: address and word. */
  readonly stores: readonly (readonly [address: string, word: string])[]
}

export const WORD_TYPES = `
(define-sort Word () (_ BitVec 256))
(declare-fun calldata (Word) Word)
(declare-fun memory (Word Int) Word)
(declare-fun keccak (Word Word Int) Word)
(define-fun bit ((b Bool)) Word (ite b (_ bv1 256) (_ bv0 256)))
(define-fun byteOf ((i Word) (w Word)) Word
  (ite (bvult i (_ bv32 256))
    (bvand (bvlshr w (bvsub (_ bv248 256) (bvshl i (_ bv3 256)))) (_ bv255 256)) (_ bv0 256)))
`

const OPERATIONS: Readonly<Record<string, string>> = {
  add: 'bvadd',
  sub: 'bvsub',
  mul: 'bvmul',
  and: 'bvand',
  or: 'bvor',
  xor: 'bvxor',
  byte: 'byteOf',
}

class Reader {
  terms: Map<string, string>
  readonly stores: [string, string][] = []
  readonly #constant: (name: string) => bigint | undefined

  constructor(terms: ReadonlyMap<string, string>, constant: (name: string) => bigint | undefined) {
    this.terms = new Map(terms)
    this.#constant = constant
  }

  run(block: AstNode): void {
    for (const node of childrenOf(block)) this.#statement(node)
  }

  #statement(node: AstNode): void {
    switch (node.nodeType) {
      case 'YulBlock':
        this.run(node)
        return
      case 'YulVariableDeclaration':
      case 'YulAssignment': {
        const names = node['variables'] ?? node['variableNames']
        const [name] = Array.isArray(names) ? names.filter(isNode) : []
        if (!name) throw new Error('expected a variable')
        this.terms.set(String(name['name']), this.#value(nodeAt(node, 'value')))
        return
      }
      case 'YulExpressionStatement': {
        const call = nodeAt(node, 'expression')
        const [address, word] = this.#arguments(call)
        if (nodeAt(call, 'functionName')['name'] === 'mstore' && address && word) this.stores.push([address, word])
        else if (!['mstore8', 'calldatacopy'].includes(String(nodeAt(call, 'functionName')['name']))) break
        return
      }
      case 'YulIf': {
        const condition = this.#value(nodeAt(node, 'condition'))
        const before = new Map(this.terms)
        this.run(nodeAt(node, 'body'))
        for (const [name, term] of this.terms) {
          const old = before.get(name)
          if (old === undefined) this.terms.delete(name)
          else if (old !== term) this.terms.set(name, `(ite (= ${condition} (_ bv0 256)) ${old} ${term})`)
        }
        return
      }
    }
    throw new Error(`${node.nodeType} is not understood`)
  }

  #value(node: AstNode): string {
    if (node.nodeType === 'YulLiteral') return numeral(BigInt(String(node['value'])))
    if (node.nodeType === 'YulIdentifier') {
      const name = String(node['name'])
      const constant = this.terms.has(name) ? undefined : this.#constant(name)
      const term = this.terms.get(name) ?? (constant === undefined ? undefined : numeral(constant))
      if (term === undefined) throw new Error(`${name} is not known`)
      return term
    }
    const name = String(nodeAt(node, 'functionName')['name'])
    const values = this.#arguments(node)
    const [a = '', b = ''] = values
    const operation = OPERATIONS[name]
    if (operation) return `(${operation} ${a} ${b})`
    switch (name) {
      case 'not':
        return `(bvnot ${a})`
      case 'shl':
        return `(bvshl ${b} ${a})`
      case 'shr':
        return `(bvlshr ${b} ${a})`
      case 'lt':
        return `(bit (bvult ${a} ${b}))`
      case 'gt':
        return `(bit (bvugt ${a} ${b}))`
      case 'eq':
        return `(bit (= ${a} ${b}))`
      case 'iszero':
        return `(bit (= ${a} (_ bv0 256)))`
      case 'calldataload':
        return `(calldata ${a})`
      // What is read depends on what was written until then.
      case 'mload':
        return `(memory ${a} ${this.stores.length})`
      case 'keccak256':
        return `(keccak ${a} ${b} ${this.stores.length})`
      default:
        throw new Error(`${name} is not understood`)
    }
  }

  #arguments(call: AstNode): string[] {
    const given = call['arguments']
    return (Array.isArray(given) ? given.filter(isNode) : []).map((argument) => this.#value(argument))
  }
}

/**
 * Reads the assembly of `Library.function`.
 * @param inputs names that the assembly uses and does not set first; each becomes a word about which nothing is known
 * @param part a number for one round of the loop of that number; what comes before it counts if it is not a loop in a loop
 */
export function readWords(
  contracts: Contracts,
  name: string,
  inputs: readonly string[],
  part: 'whole' | number = 'whole',
): Words {
  const [assembly] = descendants(nodeAt(contracts.function(name), 'body'), 'InlineAssembly')
  if (!assembly) throw new Error(`expected assembly in ${name}`)
  const library = name.split('.')[0] ?? ''
  const terms = new Map(inputs.map((input) => [input, symbol(input)] as const))
  for (const [local, constant] of constantsIn(contracts.function(name))) {
    const value = contracts.constant(library, constant)
    if (value !== undefined) terms.set(local, numeral(value))
  }
  const reader = new Reader(terms, (constant) => contracts.constant(library, constant))
  const block = nodeAt(assembly, 'AST')
  if (part === 'whole') reader.run(block)
  else {
    const loop = descendants(block, 'YulForLoop')[part]
    if (!loop) throw new Error(`expected a loop in ${name}`)
    const siblings = childrenOf(block)
    for (const node of siblings.slice(0, Math.max(0, siblings.indexOf(loop)))) {
      reader.run({ nodeType: 'YulBlock', src: node.src, statements: [node] })
    }
    reader.run(nodeAt(loop, 'pre'))
    reader.run(nodeAt(loop, 'body'))
    reader.run(nodeAt(loop, 'post'))
  }
  return reader
}

/** Local variables that a function sets to a name, which assembly cannot use itself where it is that of a table. */
function constantsIn(body: AstNode): [local: string, constant: string][] {
  return descendants(body, 'VariableDeclarationStatement').flatMap((statement) => {
    const [declarations, value] = [statement['declarations'], statement['initialValue']]
    if (!Array.isArray(declarations) || !isNode(value)) return []
    const values = value.nodeType === 'TupleExpression' ? childrenOf(value) : [value]
    return declarations.filter(isNode).flatMap((declaration, i): [string, string][] => {
      const constant = values[i]
      return constant?.nodeType === 'Identifier' ? [[String(declaration['name']), String(constant['name'])]] : []
    })
  })
}

/** The name of an input in SMT-LIB. */
export function symbol(input: string): string {
  return `|${input}|`
}

export function numeral(value: bigint): string {
  return `(_ bv${value} 256)`
}

function descendants(node: AstNode, nodeType: string): AstNode[] {
  return childrenOf(node).flatMap((child) => [
    ...(child.nodeType === nodeType ? [child] : []),
    ...descendants(child, nodeType),
  ])
}
