" SPOL, the policy language of sperrips.
autocmd BufRead,BufNewFile *.spol setfiletype spol
