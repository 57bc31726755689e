// An offer of somebody else's, out of the clipboard or a file: read, and kept if it is one.

import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useId, useState } from 'react'
import type { Address } from '../../../protocol/ids.ts'
import { MAX_OFFER_BYTES, offerId } from '../../../protocol/offer-file.ts'
import { RuleError } from '../../../protocol/rule-error.ts'
import type { Words } from '../language/en.ts'
import { useWords } from '../language/language.tsx'
import { readOffer } from '../offers/book.ts'
import { keepOffer } from '../offers/use-book.ts'
import { Said } from '../said.ts'
import { describeFailure } from '../wallet/failure.ts'

export function SwapPaste({ bridge }: { readonly bridge: Address }) {
  const words = useWords()
  const { swap } = words
  const navigate = useNavigate()
  const [text, setText] = useState('')
  const [error, setError] = useState<unknown>()
  const [area, file] = [useId(), useId()]
  const look = async (given: string) => {
    try {
      if (given.trim().length > MAX_OFFER_BYTES) throw new Said((spoken) => spoken.swap.tooLong)
      const offer = readOffer(given)
      keepOffer(bridge, offer)
      await navigate({ to: '/swap', search: { offer: offerId(offer) } })
    } catch (caught) {
      setError(caught)
    }
  }
  const lookInto = async (chosen: File | undefined) => {
    if (chosen === undefined) return
    // Not read before it is known to be small.
    if (chosen.size > 2 * MAX_OFFER_BYTES) setError(new Said((spoken) => spoken.swap.tooLong))
    else await look(await chosen.text())
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void look(text)
  }
  return (
    <form className="form" onSubmit={submit}>
      <div className="form-field">
        <label htmlFor={area}>{swap.paste}</label>
        <textarea
          id={area}
          rows={3}
          value={text}
          autoComplete="off"
          spellCheck={false}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : `${area}-problem`}
          onChange={({ target }) => {
            setText(target.value)
            setError(undefined)
          }}
        />
        <label htmlFor={file}>{swap.file}</label>
        <input
          id={file}
          type="file"
          accept=".json,application/json"
          onChange={({ target }) => void lookInto(target.files?.[0])}
        />
      </div>
      {error !== undefined && (
        <p className="problem" role="alert" id={`${area}-problem`}>
          {describe(error, words)}
        </p>
      )}
      <button type="submit" disabled={text.trim() === ''}>
        {swap.look}
      </button>
    </form>
  )
}

function describe(error: unknown, words: Words): string {
  return error instanceof RuleError ? `${words.swap.bad} (${error.message})` : describeFailure(error, words)
}
