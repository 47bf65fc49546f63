const GSM7 = /^[A-Za-z0-9 \r\n@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà^{}\\[~\]|€]*$/
const EXTENDED = /[\^{}\\[~\]|€]/g

/**
 * How many segments a text is billed as: 160 GSM-7 septets or 70 UTF-16 units, 153 or 67 when split.
 * Source: 3GPP TS 23.038 §6.2.1 (alphabet), TS 23.040 §9.2.3.24.1 (concatenation)
 */
export function messageSegments(text: string): number {
  const plain = GSM7.test(text)
  const units = plain ? text.length + (text.match(EXTENDED)?.length ?? 0) : text.length
  const [single, split] = plain ? [160, 153] : [70, 67]
  return units <= single ? 1 : Math.ceil(units / split)
}
