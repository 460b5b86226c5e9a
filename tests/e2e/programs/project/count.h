long count_lines(const char *text);
long count_words(const char *text);
