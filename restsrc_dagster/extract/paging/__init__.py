"""The page loop: from answer to answer, and whether what came is a page.

kinds             the class that reads each kind of paginator, and the kind of one that reads
paginators        dlt's paginators, which end where there is no next page
body_cursor       a cursor that goes into the JSON body of a request
last_page         where a list ends, by the person's own rule
waiting           answers that are asked for again, by the person's own rule
list_reader       the page loop: one list, page by page
lookahead         the further pages of a list, as far as the pages that are there tell of them
plans             what will be requested next, as far as it is certain
prefetch_step     the step that sends it before its turn
item_count        how many records an answer holds, as the API counts them
totals            how much there is in all, by the API's own word
more_pages        whether an answer says that there are further pages, or that there are none
only_page         whether a page that names no further one can be all that there is
full_page         whether a page has as many records as one can have
answer            one answer, as a proposal looks at it
proposal          the paginator that an answer asks for, to be written into the file
proposed          how it is written, and which of its options are guesses
linked_families   answers that name their next page
counted_families  answers whose pages are counted
keyed_object      an object whose keys are data, taken for one record
found_list        the list that is taken for the records where nobody has named one
empty_list        whether nothing at a selector is an empty list
error_body        an error that comes with a good status
places            links and cursors that are numbers of pages, or of records
repetition        paging that goes round in circles, or gives the same again
checks            the step that looks at each page with all of these
page_stats        what was seen of the pages of a resource
"""
