// Every mutant of a contract: one small change each, found in the compiler's syntax tree. The operators are listed in
// docs/contracts-assurance.md.

import { createHash } from 'node:crypto'
import { type AstNode, childrenOf, type Edit, nameOf } from './ast.ts'
import { editsOfSolidity } from './solidity.ts'
import { editsOfYul } from './yul.ts'

export type Mutant = Edit & {
  /** Stays the same while the changed text, its function and the change do; lines may move. */
  readonly id: string
  readonly file: string
  /** 1 and up. */
  readonly line: number
  /** The contract's or library's function, or the contract itself. */
  readonly where: string
  readonly original: string
}

const WITHOUT_CODE = new Set([
  'PragmaDirective',
  'ImportDirective',
  'StructDefinition',
  'ErrorDefinition',
  'EventDefinition',
  'EnumDefinition',
  'UsingForDirective',
  'StructuredDocumentation',
  'InheritanceSpecifier',
  'ParameterList',
  'ArrayTypeName',
  'ElementaryTypeName',
  'UserDefinedTypeName',
  'Mapping',
  'OverrideSpecifier',
])

/** The mutants of one file in the order of its source. */
export function mutantsOf(file: string, source: Buffer, ast: AstNode): Mutant[] {
  const found: { readonly edit: Edit; readonly where: string }[] = []
  walk(ast, [], '')
  const seen = new Map<string, number>()
  const mutants: Mutant[] = []
  for (const { edit, where } of found) {
    const original = source.subarray(edit.start, edit.start + edit.length).toString()
    const same = `${file}|${where}|${original}|${edit.replacement}`
    const spot = `${same}|${edit.start}`
    // Two operators may come to the same change of the same place.
    if (seen.has(spot)) continue
    seen.set(spot, 1)
    const count = seen.get(same) ?? 0
    seen.set(same, count + 1)
    const id = createHash('sha256').update(`${same}|${count}`).digest('hex').slice(0, 10)
    const line = source.subarray(0, edit.start).toString().split('\n').length
    mutants.push({ id, file, line, where, original, ...edit })
  }
  return mutants

  function walk(node: AstNode, parents: readonly AstNode[], where: string): void {
    if (WITHOUT_CODE.has(node.nodeType)) return
    const here = ['ContractDefinition', 'FunctionDefinition', 'ModifierDefinition'].includes(node.nodeType)
      ? [where, nameOf(node)].filter(Boolean).join('.')
      : where
    const edits = node.nodeType.startsWith('Yul') ? editsOfYul(source, node) : editsOfSolidity(source, node, parents)
    for (const edit of edits) found.push({ edit, where: here })
    const children = node.nodeType === 'InlineAssembly' ? yulOf(node) : childrenOf(node)
    for (const child of children) walk(child, [...parents, node], here)
  }
}

/** The source with the mutant's change in it. */
export function mutate(source: Buffer, { start, length, replacement }: Edit): string {
  return Buffer.concat([
    source.subarray(0, start),
    Buffer.from(replacement),
    source.subarray(start + length),
  ]).toString()
}

/** One line that names a mutant. */
export function describe({ id, file, line, where, operator, original, replacement }: Mutant): string {
  const flat = (text: string) => text.replace(/\s+/g, ' ').slice(0, 100)
  return `${id} ${file}:${line} ${where} [${operator}] ${flat(original)} -> ${flat(replacement) || '(nothing)'}`
}

function yulOf(node: AstNode): AstNode[] {
  return childrenOf(node).filter(({ nodeType }) => nodeType.startsWith('Yul'))
}
