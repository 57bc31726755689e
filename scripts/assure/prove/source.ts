// Finds functions and constants of the contracts in the compiler's syntax tree, to prove things of the code that is deployed
// and not of a copy.

import { type AstNode, childrenOf, isNode, nodeAt } from '../mutate/ast.ts'
import { compile, readSources } from '../solc.ts'

const WORD = 1n << 256n
const UNITS: Readonly<Record<string, bigint>> = {
  seconds: 1n,
  minutes: 60n,
  hours: 3_600n,
  days: 86_400n,
  gwei: 10n ** 9n,
}

/** The libraries by name. */
export class Contracts {
  readonly #contracts = new Map<string, AstNode>()

  constructor() {
    const { sources } = compile(readSources(), { '*': { '': ['ast'] } })
    for (const { ast } of Object.values(sources)) {
      if (!isNode(ast)) continue
      for (const node of childrenOf(ast)) {
        if (node.nodeType === 'ContractDefinition') this.#contracts.set(String(node['name']), node)
      }
    }
  }

  /** `Library.function`. */
  function(name: string): AstNode {
    const [contract = '', member = ''] = name.split('.')
    return this.#member(contract, member, 'FunctionDefinition')
  }

  /** The value of a constant of a library, or of `Library.CONSTANT` of another; `undefined` if there is none of that name. */
  constant(contract: string, name: string): bigint | undefined {
    const [first = '', second] = name.split('.')
    const [owner, member] = second === undefined ? [contract, first] : [first, second]
    const node = childrenOf(this.#contract(owner)).find(
      (each) => each.nodeType === 'VariableDeclaration' && each['name'] === member && each['constant'] === true,
    )
    return node && this.#value(owner, nodeAt(node, 'value'))
  }

  #value(contract: string, node: AstNode): bigint {
    const operand = (member: string) => this.#value(contract, nodeAt(node, member))
    switch (node.nodeType) {
      case 'Literal': {
        const text = String(node['value']).replaceAll('_', '')
        const [digits = '', exponent = '0'] = text.startsWith('0x') ? [text] : text.split('e')
        return BigInt(digits) * 10n ** BigInt(exponent) * (UNITS[String(node['subdenomination'])] ?? 1n)
      }
      case 'Identifier': {
        const value = this.constant(contract, String(node['name']))
        if (value === undefined) throw new Error(`expected a constant ${node['name']} in ${contract}`)
        return value
      }
      // A type of some bytes around a number: in a word they come first.
      case 'FunctionCall': {
        const [literal] = childrenOf(node).filter(({ nodeType }) => nodeType === 'Literal')
        const digits = String(literal?.['value']).replaceAll('_', '')
        if (literal === undefined || !digits.startsWith('0x')) break
        return BigInt(digits) << BigInt(256 - 4 * (digits.length - 2))
      }
      case 'TupleExpression': {
        const [inner] = childrenOf(node)
        if (!inner) throw new Error('expected something in parentheses')
        return this.#value(contract, inner)
      }
      case 'BinaryOperation': {
        const [left, right] = [operand('leftExpression'), operand('rightExpression')]
        const results: Readonly<Record<string, () => bigint>> = {
          '+': () => left + right,
          '-': () => left - right,
          '*': () => left * right,
          '<<': () => (left << right) % WORD,
          '>>': () => left >> right,
        }
        const result = results[String(node['operator'])]
        if (result) return result()
        break
      }
    }
    throw new Error(`${contract}: a constant made by ${node.nodeType} ${node['operator'] ?? ''} is not understood`)
  }

  #contract(name: string): AstNode {
    const contract = this.#contracts.get(name)
    if (!contract) throw new Error(`expected a contract or library ${name}`)
    return contract
  }

  #member(contract: string, name: string, nodeType: string): AstNode {
    const found = childrenOf(this.#contract(contract)).find(
      (node) => node.nodeType === nodeType && node['name'] === name,
    )
    if (!found) throw new Error(`expected a ${nodeType} ${contract}.${name}`)
    return found
  }
}
