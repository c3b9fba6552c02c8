# SPDX-License-Identifier: MIT
# Each policy is installed as a folder, with its stories.
EXTRA_DIST += %D%/README.md
mxdir = $(scriptdir)/mx
dist_mx_DATA = \
	%D%/mx/header.lua %D%/mx/helo.lua %D%/mx/sender.lua \
	%D%/mx/foreign_address_is_refused.story \
	%D%/mx/good_header_is_not_marked.story \
	%D%/mx/notification_has_one_recipient.story \
	%D%/mx/odd_header_is_marked.story \
	%D%/mx/our_name_is_refused.story \
	%D%/mx/own_address_is_welcome.story \
	%D%/mx/sender_nobody_can_answer.story
