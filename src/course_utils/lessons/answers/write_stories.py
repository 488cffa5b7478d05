"""Solutions of the exercises of "Write stories", which the lesson shows folded."""

from course_utils.lessons.answers import or_ours as or_ours


def copied_run(words, training):
    best = 0
    for text in training:
        places = range(len(text) + 1)
        runs = {tuple(text[a:b]) for a in places for b in places}
        for start in range(len(words)):
            while start + best < len(words) and tuple(words[start : start + best + 1]) in runs:
                best += 1
    return best


def distinct(texts, n):
    runs, total = set(), 0
    for words in texts:
        total += len(words)
        for start in range(len(words) - n + 1):
            runs.add(tuple(words[start : start + n]))
    return len(runs) / total
