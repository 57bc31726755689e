// One field for whatever somebody has in the clipboard.

import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { find } from '../find.ts'
import { useWords } from '../language/language.tsx'

export function Finder() {
  const words = useWords()
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const { mutate, isPending, data, error, reset } = useMutation({
    mutationFn: (asked: string) => find(asked),
    onSuccess: async (found) => {
      if (found.kind === 'nothing') return
      setText('')
      if (found.kind === 'transaction') await navigate({ to: '/tx/$infohash', params: { infohash: found.infohash } })
      else if (found.kind === 'block') await navigate({ to: '/block/$id', params: { id: found.id } })
      else if (found.kind === 'address') await navigate({ to: '/address/$owner', params: { owner: found.owner } })
      else await navigate({ to: '/pay', search: { uri: found.uri } })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '') mutate(text)
  }
  const problem = error?.message ?? (data?.kind === 'nothing' ? words.find[data.because] : undefined)
  return (
    <search>
      <form className="finder" onSubmit={submit}>
        <label htmlFor="find">{words.find.label}</label>
        <div className="field">
          <input
            id="find"
            type="search"
            value={text}
            autoComplete="off"
            spellCheck={false}
            aria-describedby={problem === undefined ? undefined : 'find-problem'}
            aria-invalid={problem !== undefined}
            onChange={({ target }) => {
              setText(target.value)
              reset()
            }}
          />
          <button type="submit" disabled={isPending}>
            {words.find.button}
          </button>
        </div>
        {problem !== undefined && (
          <p id="find-problem" className="problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </search>
  )
}
