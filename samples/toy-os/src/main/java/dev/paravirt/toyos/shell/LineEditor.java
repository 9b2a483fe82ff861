// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.shell;

import dev.paravirt.toyos.shell.Completer.Candidate;
import dev.paravirt.toyos.shell.Completer.Completion;
import java.util.List;

/** Edits a line: keys in, what the terminal is to show out. It never reads or writes by itself. */
public final class LineEditor {
    /** What a key has come to. */
    public enum Outcome {
        EDITING,
        /** The line is complete: {@link #line}. */
        ENTERED,
        /** Ctrl-C: the line is given up. */
        ABANDONED,
        /** Ctrl-D at an empty line. */
        ENDED
    }

    private static final String BELL = "\007";

    private final History history;
    private final Completer completer;
    private final EditedText text = new EditedText();
    private final LineView view = new LineView();
    private String removed = "";
    private boolean pasting;

    public LineEditor(History history, Completer completer) {
        this.history = history;
        this.completer = completer;
    }

    /**
     * Begins a line.
     *
     * @param columns of the terminal; 0 if unknown, which is taken for 80
     */
    public void begin(String prompt, int columns) {
        text.set("");
        history.begin();
        view.begin(prompt, columns);
        view.refresh(text);
    }

    /** The terminal has another width: shows the line anew. */
    public void resize(int columns) {
        view.resize(columns);
        view.refresh(text);
    }

    public String line() {
        return text.text();
    }

    /** What is to be written to the terminal for the keys since the last call. */
    public String takeOutput() {
        return view.take();
    }

    /** @param key as {@link KeyDecoder} made it */
    public Outcome key(int key) {
        if (key == Key.ENTER) {
            return end(Outcome.ENTERED, "");
        }
        if (key == Key.ctrl('C')) {
            return end(Outcome.ABANDONED, "^C");
        }
        if (key == Key.ctrl('D') && text.length() == 0) {
            return end(Outcome.ENDED, "");
        }
        if (key == Key.PASTE_BEGIN || key == Key.PASTE_END) {
            pasting = key == Key.PASTE_BEGIN;
        } else if (key >= ' ' && key != Key.BACKSPACE) {
            insert(Character.toString(key));
        } else if (key == Key.TAB) {
            tab();
        } else if (!move(key) && !delete(key)) {
            other(key);
        }
        return Outcome.EDITING;
    }

    private Outcome end(Outcome outcome, String mark) {
        if (text.cursor() < text.length()) {
            text.moveTo(text.length());
            view.moveCursor(text);
        }
        view.add(mark + "\r\n");
        pasting = false;
        return outcome;
    }

    private void insert(String more) {
        boolean atEnd = text.cursor() == text.length();
        if (!text.insert(more)) {
            view.add(BELL);
        } else if (!atEnd || !view.append(text, more)) {
            view.refresh(text);
        }
    }

    private boolean move(int key) {
        int before = text.cursor();
        if (key == Key.LEFT || key == Key.ctrl('B')) {
            text.left();
        } else if (key == Key.RIGHT || key == Key.ctrl('F')) {
            text.right();
        } else if (key == Key.HOME || key == Key.ctrl('A')) {
            text.moveTo(0);
        } else if (key == Key.END || key == Key.ctrl('E')) {
            text.moveTo(text.length());
        } else if (key == Key.WORD_LEFT) {
            text.wordLeft();
        } else if (key == Key.WORD_RIGHT) {
            text.wordRight();
        } else {
            return false;
        }
        if (text.cursor() != before) {
            view.moveCursor(text);
        }
        return true;
    }

    private boolean delete(int key) {
        int cursor = text.cursor();
        if (key == Key.BACKSPACE) {
            return delete(text.before(cursor), false);
        }
        if (key == Key.DELETE || key == Key.ctrl('D')) {
            return delete(text.after(cursor), false);
        }
        if (key == Key.ctrl('K')) {
            return delete(text.length(), true);
        }
        if (key == Key.ctrl('U')) {
            return delete(0, true);
        }
        if (key == Key.ctrl('W')) {
            return delete(text.wordStart(), true);
        }
        return key == Key.DELETE_WORD && delete(text.wordEnd(), true);
    }

    /** @param keep whether Ctrl-Y brings it back */
    private boolean delete(int to, boolean keep) {
        if (to == text.cursor()) {
            view.add(BELL);
            return true;
        }
        String gone = text.delete(to);
        removed = keep ? gone : removed;
        view.refresh(text);
        return true;
    }

    private void other(int key) {
        if (key == Key.UP || key == Key.ctrl('P')) {
            replace(history.previous(text.text()));
        } else if (key == Key.DOWN || key == Key.ctrl('N')) {
            replace(history.next(text.text()));
        } else if (key == Key.ctrl('L')) {
            view.clearScreen();
            view.refresh(text);
        } else if (key == Key.ctrl('Y')) {
            insert(removed);
        }
    }

    private void replace(String line) {
        text.set(line);
        view.refresh(text);
    }

    private void tab() {
        if (pasting) {
            insert(" ");
            return;
        }
        Completion completion = completer.complete(text.beforeCursor());
        List<Candidate> candidates = completion.candidates();
        if (candidates.isEmpty()) {
            view.add(BELL);
            return;
        }
        String all = candidates.size() == 1
                ? candidates.getFirst().text() + candidates.getFirst().end()
                : commonStart(candidates);
        if (all.equals(completion.typed())) {
            view.list(text, candidates.stream().map(Candidate::label).toList());
            view.refresh(text);
            return;
        }
        if (all.length() > completion.typed().length() || candidates.size() == 1) {
            text.delete(text.cursor()
                    - completion.typed().codePointCount(0, completion.typed().length()));
            if (!text.insert(all)) {
                text.insert(completion.typed());
                view.add(BELL);
            }
            view.refresh(text);
        }
    }

    /** What all have in common, whatever the case; at least what was typed. */
    private static String commonStart(List<Candidate> candidates) {
        String common = candidates.getFirst().text();
        for (Candidate candidate : candidates) {
            int same = 0;
            while (same < Math.min(common.length(), candidate.text().length())
                    && Character.toLowerCase(common.charAt(same))
                            == Character.toLowerCase(candidate.text().charAt(same))) {
                same++;
            }
            common = common.substring(0, same);
        }
        boolean half = !common.isEmpty() && Character.isHighSurrogate(common.charAt(common.length() - 1));
        return half ? common.substring(0, common.length() - 1) : common;
    }
}
