package lowrank.store.report;

/** Words of others as a sentence: a capital first, a full stop at the end. */
final class Sentence {
    private Sentence() {}

    static String of(String words) {
        String text = words.strip();
        if (text.isEmpty()) {
            return text;
        }
        // What begins as a formula stays as it is: tr(K), |ZZ' - K|.
        boolean word = text.length() > 2
                && text.substring(0, 2).chars().allMatch(Character::isLowerCase)
                && text.indexOf('(') != 2
                && !text.startsWith("tr ");
        String first = word || text.startsWith("a ") ? Character.toUpperCase(text.charAt(0)) + text.substring(1) : text;
        return first.endsWith(".") ? first : first + ".";
    }
}
