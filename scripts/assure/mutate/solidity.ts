// The mutation operators of Solidity.

import { type AstNode, type Edit, isNode, nodeAt, spanOf, textOf } from './ast.ts'

const BINARY: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '/',
  '<<': '>>',
  '>>': '<<',
  '&': '|',
  '|': '&',
  '^': '|',
}
const COMPOUND: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '*=': '/=',
  '/=': '*=',
  '|=': '&=',
  '&=': '|=',
  '<<=': '>>=',
  '>>=': '<<=',
}

/** What may be changed at this node, without what may be changed below it. */
export function editsOfSolidity(source: Buffer, node: AstNode, parents: readonly AstNode[]): Edit[] {
  const parent = parents.at(-1)
  const text = (of: AstNode) => textOf(source, of)
  const edit = (operator: string, replacement: string, at: AstNode = node): Edit => {
    return { ...spanOf(at), operator, replacement }
  }
  switch (node.nodeType) {
    case 'IfStatement': {
      const condition = nodeAt(node, 'condition')
      const isCheck = reverts(nodeAt(node, 'trueBody'))
      return [
        edit(isCheck ? 'check removed' : 'never', 'false', condition),
        edit(isCheck ? 'check inverted' : 'inverted', `!(${text(condition)})`, condition),
        ...(isCheck ? [] : [edit('always', 'true', condition)]),
      ]
    }
    case 'Conditional':
      return ['trueExpression', 'falseExpression'].map((side) => edit('one side', `(${text(nodeAt(node, side))})`))
    case 'BinaryOperation': {
      const operator = String(node['operator'])
      const left = text(nodeAt(node, 'leftExpression'))
      const right = text(nodeAt(node, 'rightExpression'))
      if (operator === '&&' || operator === '||') {
        return [edit('operand dropped', `(${left})`), edit('operand dropped', `(${right})`)]
      }
      // The same as inverting the check.
      if (/^[!=]=$/.test(operator) && parent?.nodeType === 'IfStatement') return []
      const other = BINARY[operator]
      return other === undefined ? [] : [edit('operator', `(${left} ${other} ${right})`)]
    }
    case 'UnaryOperation': {
      const operator = String(node['operator'])
      const operand = text(nodeAt(node, 'subExpression'))
      // The same as inverting the check.
      if (operator === '!' && parent?.nodeType === 'IfStatement') return []
      if (operator === '!' || operator === '~') return [edit('operator', `(${operand})`)]
      if (operator === '++') return [edit('operator', `--${operand}`)]
      return operator === '--' ? [edit('operator', `++${operand}`)] : []
    }
    case 'Assignment': {
      const operator = String(node['operator'])
      const other = COMPOUND[operator]
      const sides = [text(nodeAt(node, 'leftHandSide')), text(nodeAt(node, 'rightHandSide'))]
      return other === undefined ? [] : [edit('operator', sides.join(` ${other} `))]
    }
    case 'ExpressionStatement':
    case 'EmitStatement': {
      const { start, length } = spanOf(node)
      if (parent?.nodeType === 'ForStatement' && nodeAt(parent, 'body') !== node) {
        return [edit('statement removed', '')]
      }
      const end = source.indexOf(';', start + length - 1)
      return [{ start, length: end + 1 - start, operator: 'statement removed', replacement: '{}' }]
    }
    case 'Return':
      return editsOfReturn(source, node, parents)
    case 'Literal': {
      // Only a literal of the right width is a table: a sum does not compile.
      const isTable = parent !== undefined && text(parent).startsWith('PerKind.wrap(')
      if (isTable) return editsOfTable(text(node)).map((replacement) => edit('table', replacement))
      return editsOfLiteral(node, text(node)).map((replacement) => edit('constant', replacement))
    }
    case 'MemberAccess': {
      const type = typeOf(node)
      if (type !== 'enum Reason') return []
      return [edit('reason', node['memberName'] === 'None' ? 'Reason.Malformed' : 'Reason.None')]
    }
    case 'FunctionCall': {
      const callee = nodeAt(node, 'expression')
      const width = callee.nodeType === 'MemberAccess' && /^toUint(\d+)$/.exec(String(callee['memberName']))?.[1]
      return width ? [edit('check removed', `uint${width}(${text(nodeAt(callee, 'expression'))})`)] : []
    }
    case 'ModifierInvocation':
      return parent?.['kind'] === 'constructor' ? [] : [edit('check removed', '')]
    default:
      return []
  }
}

function editsOfReturn(source: Buffer, node: AstNode, parents: readonly AstNode[]): Edit[] {
  const expression = node['expression']
  if (!isNode(expression)) {
    const end = source.indexOf(';', spanOf(node).start)
    const { start } = spanOf(node)
    const isAlone = parents.at(-1)?.nodeType !== 'Block'
    return [{ start, length: end + 1 - start, operator: 'return removed', replacement: isAlone ? '{}' : '' }]
  }
  const value = textOf(source, expression)
  const type = typeOf(expression)
  if (expression.nodeType === 'Literal' || value === '0') return []
  const other = type.startsWith('bool')
    ? `!(${value})`
    : type.startsWith('address')
      ? 'address(0)'
      : /^(uint|bytes)\d+$/.test(type)
        ? `${type}(0)`
        : undefined
  return other === undefined ? [] : [{ ...spanOf(expression), operator: 'return value', replacement: other }]
}

function editsOfLiteral(node: AstNode, text: string): string[] {
  if (node['kind'] === 'number') return text === '0' ? ['1'] : [`(${text} + 1)`, `(${text} - 1)`]
  if (node['kind'] === 'bool') return [text === 'true' ? 'false' : 'true']
  const hex = String(node['hexValue'] ?? '')
  if (hex === '') return []
  // The last letter is another one.
  const last = Number.parseInt(hex.slice(-2), 16) ^ 1
  return [`hex"${hex.slice(0, -2)}${last.toString(16).padStart(2, '0')}"`]
}

/** Another answer for one of the kinds. */
function editsOfTable(text: string): string[] {
  const answers = text.slice(2).split('_')
  return answers.map((answer, kind) => {
    const other = (Number.parseInt(answer, 16) ^ 1).toString(16).padStart(2, '0')
    return `0x${answers.with(kind, other).join('_')}`
  })
}

function reverts(body: AstNode): boolean {
  if (body.nodeType === 'RevertStatement') return true
  const statements = body['statements']
  return Array.isArray(statements) && statements.length === 1 && isNode(statements[0]) && reverts(statements[0])
}

function typeOf(node: AstNode): string {
  const descriptions = node['typeDescriptions']
  if (typeof descriptions !== 'object' || descriptions === null || !('typeString' in descriptions)) return ''
  return String(descriptions.typeString)
}
