" Settings for SPOL, the policy language of sperrips.
if exists('b:did_ftplugin')
	finish
endif
let b:did_ftplugin = 1

setlocal commentstring=#\ %s comments=:# noexpandtab
setlocal formatoptions-=t formatoptions+=croql
setlocal suffixesadd=.spol include=^\\s*extends
let b:undo_ftplugin = 'setlocal commentstring< comments< expandtab< formatoptions< suffixesadd< include<'
