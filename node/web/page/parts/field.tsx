// A field of a form, with what is wrong with it.

import { Field } from '@base-ui/react/field'

type FieldProps = {
  readonly name: string
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
  /** What is expected, where something else is written. */
  readonly problem?: string | undefined
  readonly hint?: string | undefined
  readonly inputMode?: 'decimal' | 'text'
}

export function TextField({ name, label, value, onChange, problem, hint, inputMode = 'text' }: FieldProps) {
  return (
    <Field.Root className="form-field" name={name} invalid={problem !== undefined}>
      <Field.Label>{label}</Field.Label>
      <Field.Control
        value={value}
        inputMode={inputMode}
        autoComplete="off"
        spellCheck={false}
        onChange={({ target }) => onChange(target.value)}
      />
      {hint !== undefined && <Field.Description className="faint">{hint}</Field.Description>}
      {problem !== undefined && (
        <Field.Error className="problem" match>
          {problem}
        </Field.Error>
      )}
    </Field.Root>
  )
}
