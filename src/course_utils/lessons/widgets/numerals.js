// Numbers from 0 to 99,999,999 in English and in Chinese words, and back: the rules and the
// conventions of course_utils/lessons/corpora/numerals.py.

export const LARGEST = 99_999_999;
const ONES = [
  "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
  "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
];
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const DIGITS = "零一二三四五六七八九";
const UNITS = [["千", 1000], ["百", 100], ["十", 10], ["", 1]];

const whole = (number, size) => Math.floor(number / size);

export function toEnglish(number) {
  const words = [];
  for (const [name, size] of [[" million", 1e6], [" thousand", 1000], ["", 1]]) {
    const group = whole(number, size) % 1000;
    if (group) words.push(below1000(group) + name);
  }
  return words.join(" ") || ONES[0];
}

function below1000(number) {
  const rest = number % 100, words = [];
  if (number >= 100) words.push(`${ONES[whole(number, 100)]} hundred`);
  if (rest >= 20) words.push(TENS[whole(rest, 10)] + (rest % 10 ? `-${ONES[rest % 10]}` : ""));
  else if (rest) words.push(ONES[rest]);
  return words.join(" ");
}

export function toChinese(number) {
  const high = whole(number, 10_000), low = number % 10_000;
  let text = high ? `${below10000(high)}万` : "";
  if (high && low && low < 1000) text += DIGITS[0];
  text += below10000(low);
  return (text.startsWith("一十") ? text.slice(1) : text) || DIGITS[0];
}

function below10000(number) {
  let text = "", gap = false;
  for (const [name, size] of UNITS) {
    const digit = whole(number, size) % 10;
    if (digit) text += (gap && text ? DIGITS[0] : "") + DIGITS[digit] + name;
    gap = digit === 0;
  }
  return text;
}

// Words -> a number, or null where `toEnglish` would not have written them.
export function fromEnglish(text) {
  let total = 0, group = 0;
  for (const word of text.split(/[ -]/)) {
    if (word === "hundred") group *= 100;
    else if (word === "thousand" || word === "million") {
      [total, group] = [total + group * (word === "million" ? 1e6 : 1000), 0];
    } else if (ONES.includes(word)) group += ONES.indexOf(word);
    else if (word && TENS.includes(word)) group += 10 * TENS.indexOf(word);
    else return null;
  }
  return ifWritten(text, total + group, toEnglish);
}

// Characters -> a number, or null where `toChinese` would not have written them.
export function fromChinese(text) {
  const sizes = new Map(UNITS);
  let total = 0, group = 0, digit = 0;
  for (const letter of text) {
    if (DIGITS.includes(letter)) digit = DIGITS.indexOf(letter);
    else if (letter === "万") [total, group, digit] = [(group + digit) * 10_000, 0, 0];
    else if (sizes.has(letter)) [group, digit] = [group + (digit || 1) * sizes.get(letter), 0];
    else return null;
  }
  return ifWritten(text, total + group + digit, toChinese);
}

const ifWritten = (text, number, write) =>
  number <= LARGEST && write(number) === text ? number : null;

// What a reader typed -> { number, to }: `to` is the language asked for, "zh" or "en", where the
// words say it; or { problem }, one line.
export function readNumber(typed) {
  const text = typed.normalize("NFKC").trim().toLowerCase();
  if (/^[\d,' ]*\d$/.test(text)) return inRange(Number(text.replace(/[,' ]/g, "")));
  const words = text.replace(/[,-]| and /g, " ").trim().replace(/ +/g, " ");
  const english = fromEnglish(words.replace(/(\w+ty) (one|two|three|four|five|six|seven|eight|nine)\b/g, "$1-$2"));
  if (english !== null) return { number: english, to: "zh" };
  const chinese = fromChinese(text.replaceAll("两", "二").replaceAll("〇", "零"));
  if (text && chinese !== null) return { number: chinese, to: "en" };
  return { problem: "Expected a whole number: type digits (21,000), English words (twenty-one " +
    "thousand) or Chinese ones (二万一千)." };
}

function inRange(number) {
  return number <= LARGEST ? { number } : { problem: "Type a number up to 99,999,999." };
}
