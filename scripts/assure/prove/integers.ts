// Reads a Solidity function as statements about whole numbers, and collects what has to hold for its unchecked arithmetic to be
// that of whole numbers: no result below 0 or from 2^256 on, no division by 0, no cut cast.

import { type AstNode, childrenOf, isNode, nodeAt } from '../mutate/ast.ts'
import type { Contracts } from './source.ts'

export type Reading = {
  /** SMT-LIB terms by the names of parameters, locals and results; `return` is the value of a return statement. */
  readonly terms: ReadonlyMap<string, string>
  readonly declarations: readonly string[]
  /** What defines quotients and powers of two. */
  readonly facts: readonly string[]
  readonly obligations: readonly string[]
}

const LIMIT = (1n << 256n).toString()

class Reader {
  readonly declarations: string[] = []
  readonly facts: string[] = []
  readonly obligations: string[] = []
  terms = new Map<string, string>()
  readonly #contracts: Contracts
  readonly #contract: string
  readonly #quotients = new Map<string, readonly [quotient: string, rest: string]>()
  readonly #powers = new Map<string, string>()
  readonly #names = new Map<string, string>()
  #path: readonly string[] = []

  constructor(contracts: Contracts, contract: string) {
    this.#contracts = contracts
    this.#contract = contract
  }

  parameter(name: string): void {
    this.declarations.push(`(declare-const ${name} Int)`)
    this.facts.push(`(and (<= 0 ${name}) (< ${name} ${LIMIT}))`)
    this.terms.set(name, name)
  }

  run(node: AstNode): void {
    switch (node.nodeType) {
      case 'Block':
      case 'UncheckedBlock':
        for (const statement of childrenOf(node)) this.run(statement)
        return
      case 'VariableDeclarationStatement': {
        const [declared] = childrenOf(node)
        if (!declared) throw new Error('expected a variable')
        this.terms.set(String(declared['name']), this.value(nodeAt(node, 'initialValue')))
        return
      }
      case 'ExpressionStatement':
        this.#assign(nodeAt(node, 'expression'))
        return
      case 'Return':
        this.terms.set('return', this.value(nodeAt(node, 'expression')))
        return
      case 'IfStatement': {
        const condition = this.value(nodeAt(node, 'condition'))
        const before = this.terms
        const yes = this.#within(condition, nodeAt(node, 'trueBody'))
        const other = node['falseBody']
        this.terms = before
        const no = isNode(other) ? this.#within(`(not ${condition})`, other) : before
        this.terms = new Map(
          [...new Set([...yes.keys(), ...no.keys()])].map((name) => {
            const [a = '0', b = '0'] = [yes.get(name), no.get(name)]
            return [name, a === b ? a : this.#name(`(ite ${condition} ${a} ${b})`)]
          }),
        )
        return
      }
      default:
        throw new Error(`${node.nodeType} is not understood`)
    }
  }

  value(node: AstNode): string {
    const side = (member: string) => this.value(nodeAt(node, member))
    switch (node.nodeType) {
      case 'Literal':
        return String(node['value']).replaceAll('_', '')
      case 'Identifier': {
        const name = String(node['name'])
        const term = this.terms.get(name) ?? this.#contracts.constant(this.#contract, name)?.toString()
        if (term === undefined) throw new Error(`${name} is not known`)
        return term
      }
      case 'TupleExpression':
        return this.value(only(node))
      case 'UnaryOperation':
        if (node['operator'] === '~') return `(- ${BigInt(LIMIT) - 1n} ${side('subExpression')})`
        break
      case 'Conditional': {
        const condition = side('condition')
        const yes = this.#in(condition, () => side('trueExpression'))
        const no = this.#in(`(not ${condition})`, () => side('falseExpression'))
        return this.#name(`(ite ${condition} ${yes} ${no})`)
      }
      case 'BinaryOperation':
        return this.#operate(String(node['operator']), side('leftExpression'), side('rightExpression'))
      case 'FunctionCall': {
        const type = nodeAt(node, 'expression')['typeName']
        const width = isNode(type) && /^uint(\d+)$/.exec(String(type['name']))?.[1]
        if (node['kind'] !== 'typeConversion' || !width) break
        const [argument] = Array.isArray(node['arguments']) ? node['arguments'].filter(isNode) : []
        if (!argument) break
        const value = this.value(argument)
        this.#must(`(< ${value} ${1n << BigInt(width)})`)
        return value
      }
    }
    throw new Error(`${node.nodeType} ${node['operator'] ?? ''} is not understood`)
  }

  #assign(node: AstNode): void {
    if (node.nodeType !== 'Assignment') throw new Error(`${node.nodeType} is not understood`)
    const name = String(nodeAt(node, 'leftHandSide')['name'])
    const right = this.value(nodeAt(node, 'rightHandSide'))
    const operator = String(node['operator'])
    const value = operator === '=' ? right : this.#operate(operator.slice(0, -1), this.terms.get(name) ?? '0', right)
    this.terms = new Map([...this.terms, [name, value]])
  }

  #operate(operator: string, left: string, right: string): string {
    switch (operator) {
      case '+':
      case '*': {
        const result = this.#name(`(${operator} ${left} ${right})`)
        this.#must(`(< ${result} ${LIMIT})`)
        return result
      }
      case '-':
        this.#must(`(>= ${left} ${right})`)
        return this.#name(`(- ${left} ${right})`)
      case '/':
        this.#must(`(> ${right} 0)`)
        return this.#divide(left, right)[0]
      case '%':
        this.#must(`(> ${right} 0)`)
        return this.#divide(left, right)[1]
      case '>>':
        return this.#divide(left, this.#power(right))[0]
      case '<<': {
        const result = this.#name(`(* ${left} ${this.#power(right)})`)
        this.#must(`(< ${result} ${LIMIT})`)
        return result
      }
      case '==':
        return `(= ${left} ${right})`
      case '!=':
        return `(not (= ${left} ${right}))`
      case '&&':
        return `(and ${left} ${right})`
      case '||':
        return `(or ${left} ${right})`
      case '<':
      case '<=':
      case '>':
      case '>=':
        return `(${operator} ${left} ${right})`
      default:
        throw new Error(`${operator} is not understood`)
    }
  }

  #divide(left: string, right: string): readonly [string, string] {
    const key = `${left} / ${right}`
    const known = this.#quotients.get(key)
    if (known) return known
    const [quotient, rest] = [this.#fresh('q'), this.#fresh('r')]
    this.facts.push(
      `(=> (> ${right} 0) (and (= ${left} (+ (* ${quotient} ${right}) ${rest})) (<= 0 ${rest}) (< ${rest} ${right})))`,
      `(>= ${quotient} 0)`,
    )
    const pair = [quotient, rest] as const
    this.#quotients.set(key, pair)
    return pair
  }

  /** Two to the power of a term. Where the exponent is not a number, all that is known is that it is one at 0 and otherwise at least two. */
  #power(exponent: string): string {
    if (/^\d+$/.test(exponent)) return (1n << BigInt(exponent)).toString()
    const known = this.#powers.get(exponent)
    if (known) return known
    const power = this.#fresh('p')
    this.facts.push(`(ite (<= ${exponent} 0) (= ${power} 1) (>= ${power} 2))`)
    this.#powers.set(exponent, power)
    return power
  }

  #within(condition: string, node: AstNode): Map<string, string> {
    this.#in(condition, () => {
      this.run(node)
      return ''
    })
    return this.terms
  }

  #in(condition: string, read: () => string): string {
    const before = this.#path
    this.#path = [...before, condition]
    const result = read()
    this.#path = before
    return result
  }

  #must(term: string): void {
    this.obligations.push(this.#path.length === 0 ? term : `(=> (and ${this.#path.join(' ')}) ${term})`)
  }

  #fresh(prefix: string): string {
    const name = `${prefix}!${this.declarations.length}`
    this.declarations.push(`(declare-const ${name} Int)`)
    return name
  }

  /** The same term has the same name, so that powers and quotients of it are the same. */
  #name(term: string): string {
    const known = this.#names.get(term)
    if (known) return known
    const name = this.#fresh('t')
    this.#names.set(term, name)
    this.facts.push(`(= ${name} ${term})`)
    return name
  }
}

/** Reads `Library.function`, whose parameters are unsigned integers. */
export function readIntegers(contracts: Contracts, name: string): Reading {
  const definition = contracts.function(name)
  const reader = new Reader(contracts, name.split('.')[0] ?? '')
  for (const { name: parameter } of childrenOf(nodeAt(definition, 'parameters'))) reader.parameter(String(parameter))
  reader.run(nodeAt(definition, 'body'))
  return reader
}

function only(node: AstNode): AstNode {
  const children = childrenOf(node)
  const [child] = children
  if (!child || children.length !== 1) throw new Error('expected one expression in parentheses')
  return child
}
