/** What became of an entry on the keypad. */
export type PinNews = 'right' | 'unreadable' | 'uncheckable' | 'refused' | { readonly triesLeft: number }

/** What the caller hears of it. English, as the questions are. */
export function pinSentence(news: PinNews): string {
  if (news === 'right') return 'Thank you, that is right.'
  if (news === 'unreadable') return 'That was no whole PIN. Please enter it again, then press the pound key.'
  if (news === 'uncheckable')
    return 'I could not check that. Please enter it again, then press the pound key.'
  if (news === 'refused') return 'I cannot take a PIN on this call any more.'
  return news.triesLeft === 1
    ? 'That was not right. You can try once more.'
    : `That was not right. You can try ${news.triesLeft} more times.`
}
