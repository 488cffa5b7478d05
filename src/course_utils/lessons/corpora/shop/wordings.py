"""How customers and clerks say things; {good}, {n}, {price} and {total} stand for what varies."""

CUSTOMER = {
    "price": (
        "How much are the {good}?",
        "What do the {good} cost?",
        "What is the price of the {good}?",
        "Can you tell me what the {good} cost?",
        "I need a price for {good}, please.",
        "Are the {good} expensive?",
    ),
    "stock": (
        "How many {good} are left?",
        "How many {good} do you have?",
        "Are there any {good} left?",
        "Do you still have {good}?",
        "Are the {good} in stock?",
        "I am looking for {good}. Do you have some?",
    ),
    "order": (
        "I would like {n} {good}.",
        "I would like {n} {good}, please.",
        "Can I have {n} {good}?",
        "Please give me {n} {good}.",
        "I will take {n} {good}.",
        "Could you get me {n} {good}, please?",
    ),
    "order them": (  # the good was named before: only the history says which
        "Then I will take {n}.",
        "I would like {n} of them.",
        "Good, {n} of them, please.",
        "Can I have {n} of them?",
    ),
    "order fewer": (
        "Then {n}, please.",
        "Then I will take {n}.",
        "All right, {n} of them.",
    ),
    "yes": ("Yes, please.", "Yes.", "Yes, do that.", "That is fine."),
    "no": ("No, thank you.", "No, that is too much.", "No, I have to think about it."),
    "hello": ("Hello.", "Hello!", "Good morning.", "Hi, can you help me?"),
    "bye": ("Thank you, goodbye.", "That is all, thank you.", "Goodbye.", "Bye!"),
}

UNSEEN = CUSTOMER | {  # never trained: other sentences, some with words that are new
    "price": (
        "The {good}, how much?",
        "Tell me the cost of {good}.",
        "What must I pay for {good}?",
    ),
    "stock": ("Any {good} left?", "Have you got {good}?", "Can I still get {good}?"),
    "order": ("Give me {n} {good}.", "{n} {good}, please.", "I want {n} {good}."),
}

CLERK = {  # a number follows its good: a small model finds it sooner than behind a verb
    "price": (
        "We ask for the {good} {price} euros each.",
        "You pay for the {good} {price} euros each.",
    ),
    "stock": ("Of the {good} {n} are left.", "Yes, of the {good} {n} are left."),
    "sold out": ("Sorry, the {good} are sold out.",),
    "order": ("Good, {n} {good} {price} euros each, {total} euros in all. Shall I wrap them?",),
    "too many": ("Sorry, of the {good} {n} are left.",),
    "not sold": ("Sorry, we do not sell {good}.", "Sorry, we have no {good} here."),
    "unknown": ("Sorry, we do not sell that.",),
    "yes": ("Done, {n} {good} for {total} euros. Thank you!",),
    "no": ("No problem. Is there anything else?",),
    "hello": ("Hello, how can I help you?",),
    "bye": ("Goodbye, and thank you!",),
    "noise": ("Sorry, I did not understand that.",),
    "offer": (" May I show you our {good}?", " We do have {good}."),  # after a refusal
}
