// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes a line apart: words, in which quotes and backslashes take the meaning from characters, and operators. */
final class Tokenizer {
    /** Longer ones first. */
    private static final List<String> OPERATORS = List.of("2>>", "2>", "&&", "||", ">>", ">", "<", "|", "&", ";");

    private final String line;
    private final List<Token> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder kinds = new StringBuilder();
    private int at;
    private boolean inWord;
    private int wordStart;

    private Tokenizer(String line) {
        this.line = line;
    }

    static List<Token> tokens(String line) throws SyntaxException {
        Tokenizer tokenizer = new Tokenizer(line);
        while (tokenizer.at < line.length()) {
            tokenizer.step();
        }
        tokenizer.endWord();
        return tokenizer.tokens;
    }

    private void step() throws SyntaxException {
        char c = line.charAt(at);
        if (c == '#' && !inWord) {
            at = line.length();
            return;
        }
        String operator = operator();
        if (c == ' ' || c == '\t') {
            endWord();
            at++;
        } else if (operator != null) {
            endWord();
            tokens.add(new Token(operator, null, at));
            at += operator.length();
        } else {
            character(c);
        }
    }

    private @Nullable String operator() {
        for (String operator : OPERATORS) {
            boolean redirectsComplaints = operator.startsWith("2");
            if (line.startsWith(operator, at) && !(redirectsComplaints && inWord)) {
                return operator;
            }
        }
        return null;
    }

    private void character(char c) throws SyntaxException {
        beginWord();
        switch (c) {
            case '\'' -> singleQuoted();
            case '"' -> doubleQuoted();
            case '\\' -> {
                if (at + 1 == line.length()) {
                    throw new SyntaxException("nothing follows the backslash at the end");
                }
                add(line.charAt(at + 1), Word.LITERAL);
                at += 2;
            }
            case '$' -> dollar();
            case '*', '?' -> {
                add(c, Word.PATTERN);
                at++;
            }
            default -> {
                add(c, Word.LITERAL);
                at++;
            }
        }
    }

    private void dollar() {
        if (line.startsWith("$?", at)) {
            add('?', Word.STATUS);
            at += 2;
        } else {
            add('$', Word.LITERAL);
            at++;
        }
    }

    private void singleQuoted() throws SyntaxException {
        int end = line.indexOf('\'', at + 1);
        if (end < 0) {
            throw new SyntaxException("a ' is not closed");
        }
        for (int i = at + 1; i < end; i++) {
            add(line.charAt(i), Word.LITERAL);
        }
        at = end + 1;
    }

    private void doubleQuoted() throws SyntaxException {
        at++;
        while (at < line.length() && line.charAt(at) != '"') {
            char c = line.charAt(at);
            boolean escapes = c == '\\' && at + 1 < line.length() && "\\\"$".indexOf(line.charAt(at + 1)) >= 0;
            if (escapes) {
                add(line.charAt(at + 1), Word.LITERAL);
                at += 2;
            } else if (c == '$') {
                dollar();
            } else {
                add(c, Word.LITERAL);
                at++;
            }
        }
        if (at == line.length()) {
            throw new SyntaxException("a \" is not closed");
        }
        at++;
    }

    private void add(char c, char kind) {
        text.append(c);
        kinds.append(kind);
    }

    private void beginWord() {
        if (!inWord) {
            inWord = true;
            wordStart = at;
        }
    }

    private void endWord() {
        if (inWord) {
            tokens.add(new Token("", new Word(text.toString(), kinds.toString()), wordStart));
            text.setLength(0);
            kinds.setLength(0);
            inWord = false;
        }
    }
}
